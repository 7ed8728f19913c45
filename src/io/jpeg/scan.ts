import type { BitReader } from "./bit-reader.ts";
import type { JpegFrame } from "./frame.ts";
import { progressiveDecoder } from "./progressive-blocks.ts";
import type { JpegScan, ScanPart } from "./scan-header.ts";
import { sequentialDecoder } from "./sequential-blocks.ts";

/** How the blocks of a scan are read. */
export interface BlockDecoder {
  /** Reads what the scan says about block number `block` of a component. */
  decode(part: ScanPart, block: number): void;
  /** Forgets what goes from block to block, other than predictors. */
  restart(): void;
}

/** Reads the data of a scan: in units of blocks of all its components, or block by block of its only one (A.2). */
export function decodeScan(
  frame: JpegFrame,
  scan: JpegScan,
  reader: BitReader,
  restartInterval: number,
): void {
  const decoder = frame.progressive ? progressiveDecoder(scan, reader) : sequentialDecoder(reader);
  const { parts } = scan;
  const only = parts.length === 1 ? parts[0]! : undefined;
  const rows = only ? only.component.blocksDown : frame.unitsDown;
  const columns = only ? only.component.blocksAcross : frame.unitsAcross;
  let [left, restarts] = [restartInterval, 0];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (restartInterval > 0 && left === 0) {
        reader.restart(restarts++ & 7);
        decoder.restart();
        for (const part of parts) part.predictor = 0;
        left = restartInterval;
      }
      if (only) decoder.decode(only, row * only.component.blockStride + column);
      else for (const part of parts) decodeUnit(decoder, part, row, column);
      reader.check();
      left--;
    }
  }
}

function decodeUnit(decoder: BlockDecoder, part: ScanPart, row: number, column: number): void {
  const { across, down, blockStride } = part.component;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      decoder.decode(part, (row * down + y) * blockStride + column * across + x);
    }
  }
}
