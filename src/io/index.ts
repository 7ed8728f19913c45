export { decodeImage } from "./decode-image.ts";
export { decodeFloat16, encodeFloat16 } from "./float16.ts";
export { gunzip, isGzip } from "./gunzip.ts";
export {
  countElements,
  type HostTensor,
  type StoredArrays,
  type StoredDType,
  storedBytesPerElement,
  storedDTypes,
} from "./host-tensor.ts";
export { parseIdx } from "./idx.ts";
export { type Image, maxImageSamples, toGray } from "./image.ts";
export { decodeJpeg, type JpegOptions } from "./jpeg/decode-jpeg.ts";
export { decodeNetpbm, encodeNetpbm } from "./netpbm.ts";
export { type NpyOptions, parseNpy, serializeNpy } from "./npy.ts";
export { type NpzOptions, parseNpz, serializeNpz } from "./npz.ts";
export { decodePng } from "./png.ts";
export { encodePng } from "./png-encode.ts";
export {
  type CropMode,
  type Interpolation,
  type Preprocessing,
  type PreprocessingOptions,
  type PretrainedConfig,
  preprocessingOf,
} from "./preprocessing.ts";
export { type PthFile, parsePth } from "./pth/parse-pth.ts";
export { type PickleValue, PythonGlobal, PythonObject } from "./pth/pickle-value.ts";
export { parseSafetensors, type SafetensorsFile, serializeSafetensors } from "./safetensors.ts";
export {
  type EncodedImage,
  encodeEvent,
  encodeFileVersion,
  parseEvents,
  type SummaryEvent,
  type SummaryValue,
} from "./tensorboard/events.ts";
export { type Histogram, histogramOf } from "./tensorboard/histogram.ts";
export { toFloat32 } from "./to-float32.ts";
export { toRgb } from "./to-rgb.ts";
export { readZip, type ZipEntry } from "./zip.ts";
export { writeZip } from "./zip-write.ts";
