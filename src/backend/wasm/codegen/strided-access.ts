import type { Buffer } from "../../../compiler/expr.ts";
import type { Index } from "../../../compiler/index-expr.ts";
import { bytesPerElement } from "../../../core/dtype.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import type { Places } from "./places.ts";

/** Pushes four 32-bit elements that lie `step` elements apart. */
export function loadStrided(
  f: FunctionBuilder,
  places: Places,
  buffer: Buffer,
  index: Index,
  step: number,
): void {
  const address = f.local("i32");
  const result = f.local("v128");
  // The lowest of the four addresses is the base, so that all offsets are positive.
  const lowest = Math.min(0, 3 * step) * 4;
  const offset = places.address(buffer, index, lowest) - lowest;
  f.set(address);
  f.set(result, f.v128.load32Zero({ offset }, f.get(address)));
  for (let lane = 1; lane < 4; lane++) {
    f.get(address);
    f.get(result);
    f.set(result, f.v128.load32Lane(lane, { offset: offset + lane * step * 4 }));
  }
  f.get(result);
  f.free(address, result);
}

/** Emits a store of four lanes to places `step` elements apart. */
export function storeStrided(
  f: FunctionBuilder,
  places: Places,
  buffer: Buffer,
  index: Index,
  value: Local,
  step: number,
): void {
  const bytes = bytesPerElement(buffer.dtype);
  const lowest = Math.min(0, 3 * step) * bytes;
  const address = f.local("i32");
  const offset = places.address(buffer, index, lowest) - lowest;
  f.set(address);
  for (let lane = 0; lane < 4; lane++) {
    f.get(address);
    f.get(value);
    const at = { offset: offset + lane * step * bytes };
    if (bytes === 4) {
      f.v128.store32Lane(lane, at);
      continue;
    }
    f.i32x4.extractLane(lane);
    if (buffer.dtype === "bool") f.i32.and(undefined, f.i32.const(1));
    f.i32.store8(at);
  }
  f.free(address);
}
