import { bfloat16ToFloat32Bits, float16ToFloat32Bits } from "./float16.ts";
import type { HostTensor, StoredDType } from "./host-tensor.ts";

/**
 * The elements as float32: exact where float32 has the value, otherwise the nearest one, ties to even.
 *
 * A float32 tensor gives its own array, not a copy. NaN payloads of half precision survive; a bool is 0 or 1.
 */
export function toFloat32(host: HostTensor): Float32Array {
  if (isOf(host, "float32")) return host.data;
  if (isOf(host, "float16")) return fromBits(host.data, float16ToFloat32Bits);
  if (isOf(host, "bfloat16")) return fromBits(host.data, bfloat16ToFloat32Bits);
  if (isOf(host, "int64") || isOf(host, "uint64")) return fromBigIntegers(host.data);
  if (isOf(host, "bool")) return Float32Array.from(host.data, (value) => Number(value !== 0));
  return new Float32Array(host.data as ArrayLike<number>);
}

function isOf<D extends StoredDType>(host: HostTensor, dtype: D): host is HostTensor<D> {
  return host.dtype === dtype;
}

function fromBits(halves: Uint16Array, widen: (half: number) => number): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = widen(halves[i]!);
  return new Float32Array(bits.buffer);
}

function fromBigIntegers(values: BigInt64Array | BigUint64Array): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = roundToOdd(values[i]!);
  return result;
}

/**
 * A float64 that rounds to the float32 to which `value` rounds.
 *
 * Number(value) would round to 53 bits first, and could land on a tie of float32. Folding the bits that do not fit
 * into the last one that does (rounding to odd) keeps them on their side of every tie.
 */
function roundToOdd(value: bigint): number {
  const safe = Number(value);
  if (Number.isSafeInteger(safe)) return safe;
  const sticky = (value & 0x7ffn) === 0n ? 0n : 1n;
  return Number((value >> 11n) | sticky) * 2 ** 11;
}
