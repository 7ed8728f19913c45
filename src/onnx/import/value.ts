import type { DType } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import { HostStorage } from "../../core/storage.ts";
import { Tensor, tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { toFloat32 } from "../../io/to-float32.ts";
import { full } from "../../ops/index.ts";
import { isReal, type OnnxType } from "../format/data-types.ts";
import type { OnnxTensor } from "../format/read-tensor.ts";
import { hostValues } from "./host-values.ts";

/** The element type that tensors of an ONNX type compute in; `undefined` for types that nothing here computes with. */
export function computeType(type: OnnxType): DType | undefined {
  if (type === "bool") return "bool";
  if (isReal(type)) return "float32";
  return /^u?int\d+$/.test(type) ? "int32" : undefined;
}

/** A value on an edge of an ONNX graph: a lazy tensor that knows which type the file means. */
export class Value {
  readonly type: OnnxType;
  /** The variable whose content it is, if it is one's. */
  readonly variable: Variable | undefined;
  /** The elements, where the file itself or shapes give them: they are the same in every run. */
  readonly constant: ArrayLike<number> | undefined;
  readonly #make: () => Tensor;
  #tensor: Tensor | undefined;

  private constructor(type: OnnxType, make: () => Tensor, variable?: Variable, numbers?: ArrayLike<number>) {
    this.type = type;
    this.variable = variable;
    this.#make = make;
    this.constant = numbers;
  }

  static of(t: Tensor, type: OnnxType): Value {
    return new Value(type, () => t);
  }

  static ofVariable(variable: Variable, type: OnnxType): Value {
    return new Value(type, () => variable.value, variable);
  }

  /** A constant of the file, of which the numbers keep what they had there, up to 2^53. */
  static ofConstant({ type, shape, data }: OnnxTensor): Value {
    const numbers = isReal(type)
      ? toFloat32(data!)
      : Float64Array.from(data!.data as ArrayLike<number>, Number);
    return Value.ofNumbers(numbers, shape, type);
  }

  /** One whose elements nothing here computes with: an error only where it is used. */
  static unsupported(type: OnnxType): Value {
    const make = (): Tensor => {
      throw new ArgumentError(`elements of type ${type} are not supported`);
    };
    return new Value(type, make);
  }

  static ofNumbers(numbers: ArrayLike<number>, shape: readonly number[], type: OnnxType): Value {
    return new Value(type, () => constantTensor(numbers, shape, computeType(type)!), undefined, numbers);
  }

  get tensor(): Tensor {
    return (this.#tensor ??= this.#make());
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  /** The elements, where they follow from given values alone; other values may be given in another run. */
  get numbers(): ArrayLike<number> | undefined {
    return this.constant ?? hostValues(this.tensor);
  }
}

/** Whole numbers beyond int32 become the nearest that it has. */
function constantTensor(numbers: ArrayLike<number>, shape: readonly number[], dtype: DType): Tensor {
  if (shape.length === 0) return full([], saturated(numbers[0]!, dtype), dtype);
  if (dtype === "float32" && numbers instanceof Float32Array) {
    return Tensor.value(new HostStorage(numbers, dtype), shape);
  }
  return tensor(
    Array.from(numbers, (value) => saturated(value, dtype)),
    { dtype, shape },
  );
}

function saturated(value: number, dtype: DType): number {
  return dtype === "int32" ? Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1) : value;
}
