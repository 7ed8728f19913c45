import { type DType, dtypeOf, type TypedArray } from "./dtype.ts";

/** Where a tensor's elements are: a host array, or memory that belongs to a backend. */
export interface Storage {
  readonly dtype: DType;
  readonly length: number;
  /** The elements on the host. Not a copy where they are there already: callers do not write to it. */
  read(): TypedArray;
}

export class HostStorage implements Storage {
  readonly dtype: DType;
  readonly data: TypedArray;

  constructor(data: TypedArray, dtype: DType = dtypeOf(data)) {
    this.data = data;
    this.dtype = dtype;
  }

  get length(): number {
    return this.data.length;
  }

  read(): TypedArray {
    return this.data;
  }
}
