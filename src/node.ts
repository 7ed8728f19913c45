import "./default-backend.ts";

export { type DiskCacheOptions, diskCache } from "./backend/wasm/disk-cache.node.ts";
export { cacheFolder } from "./core/cache-folder.node.ts";
export { type CifarOptions, cifar10, loadCifar } from "./data/cifar.node.ts";
export { type ImageFolderOptions, imageFolder } from "./data/image-folder.node.ts";
export { fashionMnist, loadMnist, type MnistOptions, mnist } from "./data/mnist.node.ts";
export { readFile, writeFileAtomic } from "./io/files.node.ts";
export {
  type DownloadFileOptions,
  type DownloadOptions,
  download,
  downloadFile,
} from "./io/http/download.node.ts";
export type { DownloadProgress, TransferOptions } from "./io/http/transfer-options.ts";
export { hubCacheFolder } from "./io/hub/hub-cache.node.ts";
export { hubFile } from "./io/hub/hub-file.node.ts";
export type { HubOptions } from "./io/hub/hub-options.ts";
export { EventWriter } from "./io/tensorboard/event-writer.node.ts";
export { downloadedWeights } from "./io/weights/weights.node.ts";
export { readOnnx } from "./onnx/read-onnx.node.ts";
export { type RunConfig, RunFolder } from "./train/run-folder.node.ts";
export { TensorBoardLog } from "./train/tensorboard-log.node.ts";
