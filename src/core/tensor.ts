import { allocate, type DType, dtypeOf, type TypedArray } from "./dtype.ts";
import { ArgumentError, ShapeError } from "./errors.ts";
import type { AnyOp, Attrs, Op, TensorSpec } from "./op.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { HostStorage, type Storage } from "./storage.ts";

/** How a tensor comes by its value. */
export type Source =
  | { readonly kind: "node"; readonly op: AnyOp; readonly inputs: readonly Tensor[]; readonly attrs: Attrs }
  | { readonly kind: "value"; readonly storage: Storage }
  | { readonly kind: "input" };

let nextId = 0;

/**
 * An immutable, lazy value: a shape, an element type, and the promise of the elements.
 *
 * An operation on tensors decides its result's shape at once and computes nothing. Reading a value with
 * {@link data}, or calling a compiled function, computes all that stands behind it in one program.
 */
export class Tensor implements TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Grows with every tensor made, so that inputs always have smaller ids than what is made of them. */
  readonly id: number;
  #source: Source;
  #computed = false;

  private constructor(source: Source, shape: Shape, dtype: DType) {
    this.#source = source;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.id = nextId++;
  }

  static node<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A, spec: TensorSpec): Tensor {
    return new Tensor({ kind: "node", op, inputs, attrs }, spec.shape, spec.dtype);
  }

  static value(storage: Storage, shape: Shape): Tensor {
    return new Tensor({ kind: "value", storage }, shape, storage.dtype);
  }

  /** A place to be filled: an argument of a function that is being traced. */
  static input(spec: TensorSpec): Tensor {
    return new Tensor({ kind: "input" }, spec.shape, spec.dtype);
  }

  get source(): Source {
    return this.#source;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Replaces the recipe by its result; the graph behind it can then be collected. */
  settle(storage: Storage): void {
    this.#computed = true;
    this.#source = { kind: "value", storage };
  }

  /** Says where the elements are from now on; they are the same. */
  move(storage: Storage): void {
    this.#source = { kind: "value", storage };
  }

  /** Whether the tensor was computed from others that it no longer knows, since its value was read. */
  get forgotten(): boolean {
    return this.#computed;
  }

  /** The elements, row-major, as the typed array of the element type. Computes whatever is still a promise. */
  async data(): Promise<TypedArray> {
    if (this.#source.kind !== "value") await evaluator([this]);
    if (this.#source.kind !== "value")
      throw new ArgumentError("the value of a traced argument cannot be read");
    return this.#source.storage.read();
  }

  /** The only element of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError("item", "only a tensor with one element has an item", { x: this.shape });
    return (await this.data())[0]!;
  }

  toString(): string {
    return `Tensor(${this.dtype}[${this.shape.join(", ")}])`;
  }
}

type Evaluator = (tensors: readonly Tensor[]) => Promise<void>;

let evaluator: Evaluator = () => {
  throw new ArgumentError("no backend is set: import fovea, or call setBackend");
};

/** Sets what computes tensors whose value is asked for; the layer above core does so once. */
export function setEvaluator(next: Evaluator): void {
  evaluator = next;
}

export type NestedNumbers = number | readonly NestedNumbers[];

export interface TensorOptions {
  readonly shape?: Shape;
  readonly dtype?: DType;
}

/**
 * Makes a tensor of given elements: nested arrays (their shape is taken), or a flat typed array with a shape.
 *
 * A typed array is taken over without a copy when its type already is the tensor's, so do not write to it later.
 * Nested arrays of numbers become float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError if rows have different lengths or the shape does not hold as many elements as given.
 */
export function tensor(values: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  const flat = ArrayBuffer.isView(values) ? values : undefined;
  const shape = options.shape ?? (flat ? [flat.length] : nestedShape(values as NestedNumbers));
  if (shape.some((extent) => !Number.isSafeInteger(extent) || extent < 0)) {
    throw new ShapeError("tensor", "extents must be whole numbers and not negative", { shape });
  }
  const list = flat ?? flatten(values as NestedNumbers, []);
  if (list.length !== sizeOf(shape)) {
    throw new ShapeError("tensor", `${list.length} values do not fill the shape`, { shape });
  }
  const dtype = options.dtype ?? (flat ? dtypeOf(flat) : "float32");
  return Tensor.value(new HostStorage(convert(list, dtype), dtype), shape);
}

function convert(list: ArrayLike<number>, dtype: DType): TypedArray {
  const target = allocate(dtype, 0);
  if (ArrayBuffer.isView(list) && list.constructor === target.constructor && dtype !== "bool") {
    return list as unknown as TypedArray;
  }
  const array = allocate(dtype, list.length);
  for (let i = 0; i < array.length; i++) array[i] = dtype === "bool" ? Number(list[i] !== 0) : list[i]!;
  return array;
}

function flatten(values: NestedNumbers, into: number[]): number[] {
  if (typeof values === "number") into.push(values);
  else for (const value of values) flatten(value, into);
  return into;
}

function nestedShape(values: NestedNumbers): number[] {
  if (typeof values === "number") return [];
  if (values.length === 0) return [0];
  const shapes = values.map(nestedShape);
  const first = shapes[0]!;
  if (shapes.some((shape) => shape.length !== first.length || shape.some((n, i) => n !== first[i]))) {
    throw new ShapeError("tensor", "rows of a nested array have different lengths", {
      first,
      other: shapes.find((shape) => shape.join() !== first.join())!,
    });
  }
  return [values.length, ...first];
}
