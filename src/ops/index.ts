export * from "./arithmetic.ts";
export * from "./compare.ts";
export * from "./expand.ts";
export { gather, scatterAdd, take } from "./gather.ts";
export { asTensor, cast, full, ones, type TensorLike, zeros } from "./like.ts";
export * from "./math.ts";
export * from "./movement.ts";
export {
  type Axes,
  argmax,
  argmin,
  max,
  mean,
  min,
  type ReduceOptions,
  std,
  sum,
  sumTo,
  type VarianceOptions,
  variance,
} from "./reduce.ts";
