import type { Paper } from "./model-entry.ts";

/** What the networks of the paper share, whose code is https://github.com/tscohen/gconv_experiments. */
export const groupEquivariant: Paper = {
  paper: "Cohen, Welling: Group Equivariant Convolutional Networks. ICML",
  year: 2016,
  novelty:
    "Filters are shared between the rotations and reflections of the grid, so that features turn as their input does",
  task: "classification",
};
