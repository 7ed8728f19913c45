export type * from "./types/convolution.ts";
export type * from "./types/dense.ts";
export type * from "./types/normalization.ts";
export type * from "./types/pooling.ts";
export type * from "./types/residual.ts";
export type * from "./types/sequence.ts";
export type { NoOptions } from "./types/window.ts";
