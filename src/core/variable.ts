import type { DType, TypedArray } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import type { TensorSpec } from "./op.ts";
import { type Shape, sameShape } from "./shape.ts";
import { HostStorage, type Storage } from "./storage.ts";
import { Tensor, tensor } from "./tensor.ts";

/** What tracing does with the variables that a function touches. */
export interface VariableScope {
  read(variable: Variable): Tensor;
  write(variable: Variable, value: Tensor): void;
}

let scope: VariableScope | undefined;

/** Runs `body` with every read and write of a variable going to `inner`, or to the variables themselves. */
export function withVariableScope<T>(inner: VariableScope | undefined, body: () => T): T {
  const outer = scope;
  scope = inner;
  try {
    return body();
  } finally {
    scope = outer;
  }
}

/**
 * Runs `body` with some variables holding other tensors. What it assigns is seen inside and forgotten at the end: all
 * variables keep their contents.
 */
export function withVariableValues<T>(values: ReadonlyMap<Variable, Tensor>, body: () => T): T {
  const outer = scope;
  const held = new Map(values);
  const read = (variable: Variable): Tensor =>
    held.get(variable) ?? withVariableScope(outer, () => variable.value);
  const write = (variable: Variable, value: Tensor): void => void held.set(variable, value);
  return withVariableScope({ read, write }, body);
}

/** Variables that were assigned a lazy value outside any trace; the next evaluation computes them as well. */
export const pendingVariables: Set<Variable> = new Set();

/**
 * A named cell that holds a tensor and can be assigned: a parameter, a running statistic, an optimizer's state.
 *
 * A tensor once read from it keeps its value: assigning replaces the cell's content, not the tensor.
 */
export class Variable implements TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether training changes it; a frozen parameter has false. */
  trainable: boolean;
  #content: Tensor;
  #escaped: boolean;

  constructor(initial: Tensor, options: { trainable?: boolean } = {}) {
    this.shape = initial.shape;
    this.dtype = initial.dtype;
    this.trainable = options.trainable ?? true;
    this.#content = initial;
    this.#escaped = true;
    if (initial.source.kind === "node") pendingVariables.add(this);
  }

  /** The tensor that the cell holds now. */
  get value(): Tensor {
    if (scope) return scope.read(this);
    this.#escaped = true;
    return this.#content;
  }

  /**
   * Replaces the content.
   *
   * @throws ShapeError if shape or element type differ from the variable's.
   */
  assign(value: Tensor | TypedArray | number): void {
    const next =
      value instanceof Tensor
        ? value
        : tensor(typeof value === "number" ? [value] : value, { shape: this.shape, dtype: this.dtype });
    if (!sameShape(next.shape, this.shape) || next.dtype !== this.dtype) {
      throw new ShapeError("assign", "the value does not fit the variable", {
        variable: `${this.dtype} [${this.shape.join(", ")}]`,
        value: `${next.dtype} [${next.shape.join(", ")}]`,
      });
    }
    if (scope) {
      scope.write(this, next);
      return;
    }
    this.#content = next;
    this.#escaped = true;
    if (next.source.kind === "value") pendingVariables.delete(this);
    else pendingVariables.add(this);
  }

  /** A copy of the elements. Unlike reading through {@link value}, it leaves the content's memory to the variable. */
  async data(): Promise<TypedArray> {
    if (scope || this.#content.source.kind !== "value") return (await this.value.data()).slice();
    return this.#content.source.storage.read().slice();
  }

  /** For programs: the content, without marking it as seen. */
  get content(): Tensor {
    return this.#content;
  }

  /** For programs: whether nobody else holds the content, so that its memory may be written over. */
  get exclusive(): boolean {
    return !this.#escaped;
  }

  /**
   * For programs that are about to write over the content: whoever else holds it keeps its elements, on the host.
   *
   * So a program may always write in place, and no memory of a backend waits for the garbage collector.
   */
  release(): void {
    const { source } = this.#content;
    if (!this.#escaped || source.kind !== "value" || source.storage instanceof HostStorage) return;
    this.#content.move(new HostStorage(source.storage.read(), this.dtype));
    this.#content = Tensor.value(source.storage, this.shape);
    this.#escaped = false;
  }

  /** For programs: takes over a storage that nobody else holds. */
  adopt(storage: Storage): void {
    const current = this.#content.source;
    if (this.#escaped || current.kind !== "value" || current.storage !== storage) {
      this.#content = Tensor.value(storage, this.shape);
    }
    this.#escaped = false;
    pendingVariables.delete(this);
  }
}
