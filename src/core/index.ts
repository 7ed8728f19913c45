export type { Backend, KernelInfo, Program, ProgramInput } from "./backend.ts";
export { type DType, isFloating, promote, type TypedArray } from "./dtype.ts";
export { ArgumentError, FileError, FoveaError, IndexError, MemoryError, ShapeError } from "./errors.ts";
export { type Graph, type GraphNode, type GraphOutput, printGraph } from "./graph.ts";
export {
  type AnyOp,
  type Attrs,
  allOps,
  apply,
  defineForeignOp as defineOp,
  type Example,
  type ExampleInput,
  type Op,
  type OpDefinition,
  type RefArray,
  type TensorSpec,
  type VjpContext,
} from "./op.ts";
export type { KernelTime, PhaseTime } from "./profile.ts";
export { type Shape, sizeOf } from "./shape.ts";
export { type NestedNumbers, Tensor, type TensorOptions, tensor } from "./tensor.ts";
export { Variable } from "./variable.ts";
