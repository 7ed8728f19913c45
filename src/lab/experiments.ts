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

/** All experiments, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [
  parameterSharing,
  littleData,
  translation,
  equivarianceTable,
  rotatedMnist,
  finerRotations,
  steering,
  residuals,
  batchNorm,
  receptiveFields,
  separable,
];
