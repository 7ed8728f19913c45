import { batchNorm } from "./batch-norm.ts";
import { equivarianceTable } from "./equivariance-table.ts";
import type { Experiment } from "./experiment.ts";
import { finerRotations } from "./finer-rotations.ts";
import { littleData } from "./little-data.ts";
import { parameterSharing } from "./parameter-sharing.ts";
import { receptiveFields } from "./receptive-field.ts";
import { residuals } from "./residuals.ts";
import { rotatedMnist } from "./rotated-mnist.ts";
import { separable } from "./separable.ts";
import { steering } from "./steering.ts";
import { translation } from "./translation.ts";

// biome-ignore format: one a line, so that two branches can add theirs
/** All experiments, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [
  parameterSharing,
  littleData,
  separable,
  rotatedMnist,
  residuals,
  batchNorm,
  steering,
  translation,
  equivarianceTable,
  receptiveFields,
  finerRotations,
];
