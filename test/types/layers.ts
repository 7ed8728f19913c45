/** The layers that the fixtures beside this file are made of. */
export type { Tensor } from "../../src/core/tensor.ts";
export * from "../../src/nn/index.ts";
