import type { Experiment } from "./experiment.ts";
import { parameterSharing } from "./parameter-sharing.ts";

/** All experiments, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [parameterSharing];
