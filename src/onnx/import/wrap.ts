import type { Tensor } from "../../core/tensor.ts";
import { abs, add, cast, div, floor, greaterEqual, less, mul, sign, sub, where } from "../../ops/index.ts";
import type { OnnxType } from "../format/data-types.ts";
import { Value } from "./value.ts";

const narrowBits: Readonly<Partial<Record<OnnxType, number>>> = { int8: 8, uint8: 8, int16: 16, uint16: 16 };

/** What float32 or int32 arithmetic gave, as the narrower type of the file holds it: rounded, or wrapped around. */
export function narrowed(x: Tensor, type: OnnxType): Value {
  const bits = narrowBits[type];
  if (bits !== undefined) return Value.of(wrapTo(x, bits, !type.startsWith("u")), type);
  if (type === "float16") return Value.of(toFloat16(x), type);
  return Value.of(type === "bfloat16" ? toBfloat16(x) : x, type);
}

function wrapTo(x: Tensor, bits: number, signed: boolean): Tensor {
  // Multiplying in int32 drops the upper bits; what is left is a multiple of the factor, so dividing is exact.
  const factor = 2 ** (32 - bits);
  const wrapped = cast(floor(div(mul(x, factor), factor)), "int32");
  return signed ? wrapped : where(less(wrapped, 0), add(wrapped, 2 ** bits), wrapped);
}

/** x rounded to `bits` binary digits less than float32's 24, by Veltkamp's splitting (Dekker 1971). */
function withFewerDigits(x: Tensor, bits: number): Tensor {
  const scaled = mul(x, 2 ** bits + 1);
  return add(scaled, sub(x, scaled));
}

function toFloat16(x: Tensor): Tensor {
  // Below 2^-14 halves are the multiples of 2^-24, which is what float32 has between ½ and 1.
  const small = sub(add(x, 0.75), 0.75);
  const magnitude = abs(x);
  const finite = where(less(magnitude, 2 ** -14), small, withFewerDigits(x, 13));
  // The sign has no gradient, where an infinite factor would make one of 0 · ∞.
  return where(greaterEqual(magnitude, 65520), mul(sign(x), Number.POSITIVE_INFINITY), finite);
}

function toBfloat16(x: Tensor): Tensor {
  // Above this, the splitting would overflow.
  return where(less(abs(x), 2 ** 110), withFewerDigits(x, 16), x);
}
