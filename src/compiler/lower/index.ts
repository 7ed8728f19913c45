import { contractionLowerings } from "./contraction.ts";
import { elementwiseLowerings } from "./elementwise.ts";
import type { Lowering } from "./lowering.ts";
import { movementLowerings } from "./movement.ts";
import { reductionLowerings } from "./reduction.ts";

export type { ElementAt, Lowering, Operand } from "./lowering.ts";

/** Every op that compiling backends have kernels for, beside `randomBits`; all others are decomposed into these. */
export const lowerings: ReadonlyMap<string, Lowering> = new Map(
  Object.entries({
    ...elementwiseLowerings,
    ...movementLowerings,
    ...reductionLowerings,
    ...contractionLowerings,
  }),
);
