import type { ByteReader } from "../byte-reader.ts";
import { checkImageSize } from "../image.ts";

/** One colour plane of a picture, in blocks of 8 × 8 samples. */
export interface JpegComponent {
  readonly id: number;
  /** Sampling factors: how many of its blocks lie side by side, and on top of each other, in a unit of the picture. */
  readonly across: number;
  readonly down: number;
  readonly quantization: number;
  /** Its samples that show something, ⌈picture · factor / largest factor⌉. */
  readonly width: number;
  readonly height: number;
  /** Blocks that hold those samples. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Blocks of a row with those that fill up the last unit. */
  readonly blockStride: number;
  /** The samples, 8 · blockStride in a row. */
  readonly samples: Uint8ClampedArray;
  /** Coefficients block by block, where they come in several scans. */
  readonly coefficients: Int16Array | undefined;
  /** Steps by place in the block, as they were when the component's first scan began. */
  steps: Uint16Array | undefined;
}

/** A picture as its frame header describes it. */
export interface JpegFrame {
  readonly progressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  readonly mostAcross: number;
  readonly mostDown: number;
  /** Units of mostAcross × mostDown blocks of 8 × 8 pixels. */
  readonly unitsAcross: number;
  readonly unitsDown: number;
}

/** Processes with a frame header that is understood but not decoded (T.81, table B.1). */
const undecoded: Readonly<Record<number, string>> = {
  195: "lossless coding",
  197: "hierarchical coding",
  198: "hierarchical coding",
  199: "hierarchical coding",
  201: "arithmetic coding",
  202: "arithmetic coding",
  203: "arithmetic coding",
  205: "hierarchical coding",
  206: "hierarchical coding",
  207: "hierarchical coding",
};

/** Whether a marker begins a frame header: SOF0 to SOF15 without DHT, JPG and DAC, which lie between. */
export function isFrameMarker(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xc2 ? true : marker in undecoded;
}

/**
 * Reads a frame header (T.81, B.2.2) and makes room for the picture.
 *
 * @param left how many bytes follow in the file: what they cannot describe is refused before it takes memory.
 */
export function readFrame(segment: ByteReader, marker: number, left: number): JpegFrame {
  const at = segment.offset;
  const fail = (problem: string) => segment.error(`the frame header: ${problem}`, at);
  const process = undecoded[marker];
  if (process !== undefined) throw fail(`${process} is not supported`);
  if (segment.left < 6) throw fail(`has ${segment.left} bytes`);
  const precision = segment.u8("the precision");
  const height = segment.u16("the height", false);
  const width = segment.u16("the width", false);
  const count = segment.u8("the number of components");
  if (precision !== 8) throw fail(`samples of ${precision} bits are not supported, only of 8`);
  if (height === 0) throw fail("a height that is told after the picture is not supported");
  if (segment.left !== 3 * count) throw fail(`has ${segment.left} bytes for ${count} components`);
  if (count !== 1 && count !== 3 && count !== 4) throw fail(`${count} components are not supported`);
  checkImageSize(width, height, count === 1 ? 1 : 3, segment.file, at);

  const headers = Array.from({ length: count }, () => {
    const id = segment.u8("a component");
    const factors = segment.u8("a component");
    const [across, down] = [factors >> 4, factors & 15];
    const quantization = segment.u8("a component");
    if (across < 1 || across > 4 || down < 1 || down > 4) {
      throw fail(`component ${id} has sampling factors ${across} and ${down}`);
    }
    if (quantization > 3) throw fail(`component ${id} has quantization table ${quantization}`);
    return { id, across, down, quantization };
  });
  if (new Set(headers.map(({ id }) => id)).size < count) throw fail("two components have the same number");
  const progressive = marker === 0xc2;
  const mostAcross = Math.max(...headers.map(({ across }) => across));
  const mostDown = Math.max(...headers.map(({ down }) => down));
  const unitsAcross = Math.ceil(width / (8 * mostAcross));
  const unitsDown = Math.ceil(height / (8 * mostDown));
  const sizes = headers.map(({ id, across, down }) => {
    if (mostAcross % across !== 0 || mostDown % down !== 0) {
      throw fail(`component ${id} has sampling factors that do not divide the largest`);
    }
    const [w, h] = [Math.ceil((width * across) / mostAcross), Math.ceil((height * down) / mostDown)];
    return { width: w, height: h, blocksAcross: Math.ceil(w / 8), blocksDown: Math.ceil(h / 8) };
  });
  // The shortest code of a block is a bit for its first coefficient, and in one scan another for its end.
  const blocks = sizes.reduce((sum, { blocksAcross, blocksDown }) => sum + blocksAcross * blocksDown, 0);
  const needed = Math.ceil((progressive ? blocks : 2 * blocks) / 8);
  if (needed > left) throw fail(`${width} × ${height} pixels take at least ${needed} bytes, ${left} follow`);

  const components = headers.map((header, i): JpegComponent => {
    const blockStride = unitsAcross * header.across;
    const all = blockStride * unitsDown * header.down;
    return {
      ...header,
      ...sizes[i]!,
      blockStride,
      samples: new Uint8ClampedArray(64 * all),
      coefficients: progressive ? new Int16Array(64 * all) : undefined,
      steps: undefined,
    };
  });
  return { progressive, width, height, components, mostAcross, mostDown, unitsAcross, unitsDown };
}
