import type { Tensor } from "../../core/tensor.ts";
import { Interpreter } from "../interpret-graph.ts";
import { shiftOtherwise, shiftRules } from "./shift-rules.ts";
import type { Along, Mask } from "./shift-state.ts";

/** What a shift of the images does to a tensor, along the columns and along the rows. */
export interface ShiftedTensor {
  readonly y: Along;
  readonly x: Along;
}

/**
 * What a shift of images [N, C, H, W] does to the tensors computed from them, by arithmetic on the graph alone.
 *
 * Rows and columns are followed one by one, since windows are products of intervals. `undefined` means that a tensor
 * does not depend on the images.
 */
export function shiftTheory(
  images: Tensor,
  [dy, dx]: readonly [dy: number, dx: number],
  circular: boolean,
): (tensor: Tensor) => ShiftedTensor | undefined {
  const [rows, columns] = [interpreter(images, 2, dy, circular), interpreter(images, 3, dx, circular)];
  return (tensor) => {
    const [y, x] = [rows.of(tensor), columns.of(tensor)];
    return y && x && { y, x };
  };
}

function interpreter(images: Tensor, axis: 2 | 3, by: number, circular: boolean): Interpreter<Along> {
  const extent = images.shape[axis]!;
  const image: Mask = new Uint8Array(extent).fill(1);
  const came = image.map((_, p) => (circular || (p - by >= 0 && p - by < extent) ? 1 : 0));
  const state: Along = {
    kind: "grid",
    axis,
    step: 1,
    lattice: 1,
    clean: [image, came],
    origin: {},
    base: 0,
    grade: "bits",
  };
  return new Interpreter(images, state, shiftRules({ extent, circular }), shiftOtherwise);
}
