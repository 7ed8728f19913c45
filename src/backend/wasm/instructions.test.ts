import { describe, expect, it } from "vitest";
import { type FunctionBuilder, ModuleBuilder, type ValueType } from "./assembler.ts";
import * as scalar from "./opcodes.ts";
import * as simd from "./opcodes-simd.ts";
import { enableRelaxedSimd } from "./platform.node.ts";

// Every instruction runs on random operands and is compared with its meaning, written here in JavaScript:
// integers as bigint, floats as number, vectors as arrays of lanes. `undefined` means that it must trap.

type Scalar = bigint | number;
type Bits = 8 | 16 | 32 | 64;
type Meaning<Value extends Scalar> = (...operands: Value[]) => Value | boolean | undefined;

const bigint = (value: boolean) => (value ? 1n : 0n);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const clamp = (value: bigint, low: bigint, high: bigint) => (value < low ? low : value > high ? high : value);

/** Operations on two's complement integers; operands are signed, results wrap. */
function integerMeanings(bits: Bits) {
  const u = (a: bigint) => BigInt.asUintN(bits, a);
  const count = (b: bigint) => b & BigInt(bits - 1);
  const digits = (a: bigint) => u(a).toString(2).padStart(bits, "0");
  const [low, high] = [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n];
  const highU = 2n * high + 1n;
  const rotate = (a: bigint, by: bigint) => (u(a) << by) | (u(a) >> (BigInt(bits) - by));
  const meanings = {
    eqz: (a: bigint) => a === 0n,
    eq: (a: bigint, b: bigint) => a === b,
    ne: (a: bigint, b: bigint) => a !== b,
    ltS: (a: bigint, b: bigint) => a < b,
    ltU: (a: bigint, b: bigint) => u(a) < u(b),
    gtS: (a: bigint, b: bigint) => a > b,
    gtU: (a: bigint, b: bigint) => u(a) > u(b),
    leS: (a: bigint, b: bigint) => a <= b,
    leU: (a: bigint, b: bigint) => u(a) <= u(b),
    geS: (a: bigint, b: bigint) => a >= b,
    geU: (a: bigint, b: bigint) => u(a) >= u(b),
    clz: (a: bigint) => BigInt(digits(a).search(/1|$/)),
    ctz: (a: bigint) => BigInt([...digits(a)].reverse().join("").search(/1|$/)),
    popcnt: (a: bigint) => BigInt(digits(a).replaceAll("0", "").length),
    abs: (a: bigint) => (a < 0n ? -a : a),
    neg: (a: bigint) => -a,
    add: (a: bigint, b: bigint) => a + b,
    sub: (a: bigint, b: bigint) => a - b,
    mul: (a: bigint, b: bigint) => a * b,
    divS: (a: bigint, b: bigint) => (b === 0n || a / b > high ? undefined : a / b),
    divU: (a: bigint, b: bigint) => (b === 0n ? undefined : u(a) / u(b)),
    remS: (a: bigint, b: bigint) => (b === 0n ? undefined : a % b),
    remU: (a: bigint, b: bigint) => (b === 0n ? undefined : u(a) % u(b)),
    and: (a: bigint, b: bigint) => a & b,
    or: (a: bigint, b: bigint) => a | b,
    xor: (a: bigint, b: bigint) => a ^ b,
    shl: (a: bigint, b: bigint) => a << count(b),
    shrS: (a: bigint, b: bigint) => a >> count(b),
    shrU: (a: bigint, b: bigint) => u(a) >> count(b),
    rotl: (a: bigint, b: bigint) => rotate(a, count(b)),
    rotr: (a: bigint, b: bigint) => rotate(a, count(BigInt(bits) - count(b))),
    extend8S: (a: bigint) => BigInt.asIntN(8, a),
    extend16S: (a: bigint) => BigInt.asIntN(16, a),
    extend32S: (a: bigint) => BigInt.asIntN(32, a),
    minS: (a: bigint, b: bigint) => (a < b ? a : b),
    maxS: (a: bigint, b: bigint) => (a > b ? a : b),
    minU: (a: bigint, b: bigint) => (u(a) < u(b) ? a : b),
    maxU: (a: bigint, b: bigint) => (u(a) > u(b) ? a : b),
    addSatS: (a: bigint, b: bigint) => clamp(a + b, low, high),
    subSatS: (a: bigint, b: bigint) => clamp(a - b, low, high),
    addSatU: (a: bigint, b: bigint) => clamp(u(a) + u(b), 0n, highU),
    subSatU: (a: bigint, b: bigint) => clamp(u(a) - u(b), 0n, highU),
    avgrU: (a: bigint, b: bigint) => (u(a) + u(b) + 1n) >> 1n,
    q15mulrSatS: (a: bigint, b: bigint) => clamp((a * b + 0x4000n) >> 15n, low, high),
  } satisfies Record<string, Meaning<bigint>>;
  return meanings;
}

function nearest(a: number): number {
  const below = Math.floor(a);
  const rounded = a - below < 0.5 || (a - below === 0.5 && below % 2 === 0) ? below : below + 1;
  return Number.isFinite(a) ? (Object.is(a, -0) || (a < 0 && rounded === 0) ? -0 : rounded) : a;
}

const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no);

const floatMeanings = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  gt: (a: number, b: number) => a > b,
  le: (a: number, b: number) => a <= b,
  ge: (a: number, b: number) => a >= b,
  abs: Math.abs,
  neg: (a: number) => -a,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
  pmin: (a: number, b: number) => choose(b < a, b, a), // unlike min: a, if one of them is NaN
  pmax: (a: number, b: number) => choose(a < b, b, a),
} satisfies Record<string, Meaning<number>>;

/** Truncation towards zero to a signed or unsigned integer; out of range: the nearest end, or a trap. */
function truncate(bits: 32 | 64, signed: boolean, saturate: boolean) {
  const high = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const low = signed ? -high - 1n : 0n;
  return (a: number): bigint | undefined => {
    if (Number.isNaN(a)) return saturate ? 0n : undefined;
    if (!Number.isFinite(a)) return saturate ? (a < 0 ? low : high) : undefined;
    const value = BigInt(Math.trunc(a));
    return value === clamp(value, low, high) || saturate ? clamp(value, low, high) : undefined;
  };
}

/** How the 16 bytes of an operand slot are read and written. */
interface Format<Value extends Scalar = Scalar> {
  readonly type: ValueType;
  readonly lanes: number;
  read(view: DataView): Value[];
}

function integers(type: ValueType, bits: Bits, lanes: number, signed = true): Format<bigint> {
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  const bytes = bits / 8;
  const at = (view: DataView, lane: number) =>
    range(bytes).reduce(
      (sum, byte) => sum | (BigInt(view.getUint8(lane * bytes + byte)) << BigInt(8 * byte)),
      0n,
    );
  return { type, lanes, read: (view) => range(lanes).map((lane) => wrap(bits, at(view, lane))) };
}

function floats(type: ValueType, bits: 32 | 64, lanes: number): Format<number> {
  const at = (view: DataView, lane: number) =>
    bits === 32 ? view.getFloat32(4 * lane, true) : view.getFloat64(8 * lane, true);
  return { type, lanes, read: (view) => range(lanes).map((lane) => at(view, lane)) };
}

const i32 = integers("i32", 32, 1);
const u32 = integers("i32", 32, 1, false);
const i64 = integers("i64", 64, 1);
const u64 = integers("i64", 64, 1, false);
const f32 = floats("f32", 32, 1);
const f64 = floats("f64", 64, 1);
const v = {
  i8: integers("v128", 8, 16),
  u8: integers("v128", 8, 16, false),
  i16: integers("v128", 16, 8),
  u16: integers("v128", 16, 8, false),
  i32: integers("v128", 32, 4),
  u32: integers("v128", 32, 4, false),
  i64: integers("v128", 64, 2),
  u64: integers("v128", 64, 2, false),
  f32: floats("v128", 32, 4),
  f64: floats("v128", 64, 2),
};

/** One instruction: formats of its operands and result, and its meaning on their lanes. */
interface Case {
  readonly operands: readonly Format[];
  readonly result: Format;
  readonly meaning: (...operands: Scalar[][]) => readonly (Scalar | undefined)[];
}

/** A meaning on bigint or number operands, according to the formats beside it. */
type Untyped = (...operands: never[]) => unknown;
const call = (meaning: Untyped, operands: unknown[]) =>
  (meaning as (...operands: unknown[]) => unknown)(...operands);

const one = (operands: readonly Format[], result: Format, meaning: Untyped): Case => ({
  operands,
  result,
  meaning: (...values) => {
    const value = call(
      meaning,
      values.map((lanes) => lanes[0]),
    );
    return [typeof value === "boolean" ? bigint(value) : (value as Scalar | undefined)];
  },
});

const many = (operands: readonly Format[], result: Format, meaning: Untyped): Case => ({
  operands,
  result,
  meaning: (...values) => call(meaning, values) as Scalar[],
});

type Cases = Record<string, Case>;

function fill(arity: number, format: Format): Format[] {
  return range(arity).map(() => format);
}

function scalarInteger(format: Format, bits: 32 | 64, names: readonly string[]): Cases {
  const meanings: Record<string, Meaning<bigint>> = integerMeanings(bits);
  const comparison = /^(eqz|eq|ne|[lg][te][SU])$/;
  return Object.fromEntries(
    names
      .filter((name) => name in meanings)
      .map((name) => {
        const meaning = meanings[name]!;
        return [name, one(fill(meaning.length, format), comparison.test(name) ? i32 : format, meaning)];
      }),
  );
}

function scalarFloat(format: Format): Cases {
  const { pmin, pmax, ...meanings } = floatMeanings;
  return Object.fromEntries(
    Object.entries(meanings).map(([name, meaning]) => {
      const isComparison = /^(eq|ne|lt|gt|le|ge)$/.test(name);
      return [name, one(fill(meaning.length, format), isComparison ? i32 : format, meaning)];
    }),
  );
}

function truncations(bits: 32 | 64): Cases {
  const result = bits === 32 ? i32 : i64;
  const cases: Cases = {};
  for (const saturate of [false, true])
    for (const from of [32, 64] as const)
      for (const signed of [true, false])
        cases[`trunc${saturate ? "Sat" : ""}F${from}${signed ? "S" : "U"}`] = one(
          [from === 32 ? f32 : f64],
          result,
          truncate(bits, signed, saturate),
        );
  return cases;
}

const conversions = (result: Format): Cases => ({
  convertI32S: one([i32], result, Number),
  convertI32U: one([u32], result, Number),
  convertI64S: one([i64], result, Number),
  convertI64U: one([u64], result, Number),
});

/** On the bits, because JavaScript does not show the sign of a NaN. */
function copySign(type: ValueType, bits: 32 | 64): Case {
  const format = integers(type, bits, 1);
  const sign = 1n << BigInt(bits - 1);
  return one([format, format], format, (a: bigint, b: bigint) => (a & ~sign) | (b & sign));
}

const bitsOf = {
  f32: (a: number) => BigInt(new Int32Array(new Float32Array([a]).buffer)[0]!),
  f64: (a: number) => new BigInt64Array(new Float64Array([a]).buffer)[0]!,
  i32: (a: bigint) => new Float32Array(new Int32Array([Number(a)]).buffer)[0]!,
  i64: (a: bigint) => new Float64Array(new BigInt64Array([a]).buffer)[0]!,
};

const scalarCases: Record<string, Cases> = {
  i32: {
    ...scalarInteger(i32, 32, Object.keys(scalar.i32)),
    ...truncations(32),
    wrapI64: one([i64], i32, (a: bigint) => a),
    reinterpretF32: one([f32], i32, bitsOf.f32),
  },
  i64: {
    ...scalarInteger(i64, 64, Object.keys(scalar.i64)),
    ...truncations(64),
    extendI32S: one([i32], i64, (a: bigint) => a),
    extendI32U: one([u32], i64, (a: bigint) => a),
    reinterpretF64: one([f64], i64, bitsOf.f64),
  },
  f32: {
    ...scalarFloat(f32),
    copysign: copySign("f32", 32),
    ...conversions(f32),
    demoteF64: one([f64], f32, Math.fround),
    reinterpretI32: one([i32], f32, bitsOf.i32),
  },
  f64: {
    ...scalarFloat(f64),
    copysign: copySign("f64", 64),
    ...conversions(f64),
    promoteF32: one([f32], f64, (a: number) => a),
    reinterpretI64: one([i64], f64, bitsOf.i64),
  },
};

function vectorInteger(bits: Bits, format: Format, names: readonly string[]): Cases {
  const meanings: Record<string, Meaning<bigint>> = integerMeanings(bits);
  const cases: Cases = {
    splat: many([bits === 64 ? i64 : i32], format, ([a]: bigint[]) =>
      fill(format.lanes, format).map(() => a),
    ),
    allTrue: many([format], i32, (a: bigint[]) => [bigint(a.every((lane) => lane !== 0n))]),
    bitmask: many([format], i32, (a: bigint[]) => [
      a.reduce((mask, lane, index) => mask | (bigint(lane < 0n) << BigInt(index)), 0n),
    ]),
  };
  for (const name of names.filter((name) => name in meanings)) {
    const meaning = meanings[name]!;
    const isShift = name.startsWith("sh");
    const operands = isShift ? [format, i32] : fill(meaning.length, format);
    cases[name] = many(operands, format, (a: bigint[], b: bigint[] = []) =>
      a.map((lane, index) => {
        const value = meaning(lane, b[isShift ? 0 : index]!);
        return typeof value === "boolean" ? -bigint(value) : value; // a mask of ones
      }),
    );
  }
  return cases;
}

function vectorFloat(bits: 32 | 64, format: Format): Cases {
  const mask = bits === 32 ? v.i32 : v.i64;
  const cases: Cases = {
    splat: many([bits === 32 ? f32 : f64], format, ([a]: number[]) => range(format.lanes).map(() => a)),
    relaxedMadd: many([format, format, format], format, (a: number[], b: number[], c: number[]) =>
      a.map((lane, index) => lane * b[index]! + c[index]!),
    ),
    relaxedNmadd: many([format, format, format], format, (a: number[], b: number[], c: number[]) =>
      a.map((lane, index) => -(lane * b[index]!) + c[index]!),
    ),
  };
  for (const [name, meaning] of Object.entries(floatMeanings) as [string, Meaning<number>][]) {
    const isComparison = /^(eq|ne|lt|gt|le|ge)$/.test(name);
    const operands = fill(meaning.length, format);
    cases[name] = many(operands, isComparison ? mask : format, (a: number[], b: number[] = []) =>
      a.map((lane, index) => {
        const value = meaning(lane, b[index]!);
        return typeof value === "boolean" ? -bigint(value) : value;
      }),
    );
  }
  return cases;
}

/** Lanes of half the width: extensions, their products and pairwise sums; the wide format is the result's. */
function widening(from: string, wide: Format, signed: Format, unsigned: Format, pairwise: boolean): Cases {
  const cases: Cases = {};
  const half = wide.lanes;
  for (const [suffix, format] of [
    ["S", signed],
    ["U", unsigned],
  ] as const) {
    for (const [part, start] of [
      ["Low", 0],
      ["High", half],
    ] as const) {
      cases[`extend${part}${from}${suffix}`] = many([format], wide, (a: bigint[]) =>
        a.slice(start, start + half),
      );
      cases[`extmul${part}${from}${suffix}`] = many([format, format], wide, (a: bigint[], b: bigint[]) =>
        a.map((lane, index) => lane * b[index]!).slice(start, start + half),
      );
    }
    if (pairwise)
      cases[`extaddPairwise${from}${suffix}`] = many([format], wide, (a: bigint[]) =>
        range(half).map((lane) => a[2 * lane]! + a[2 * lane + 1]!),
      );
  }
  return cases;
}

const narrowing = (wide: Format, narrow: Format, low: bigint, high: bigint) =>
  many([wide, wide], narrow, (a: bigint[], b: bigint[]) =>
    [...a, ...b].map((lane) => clamp(lane, low, high)),
  );

const bitwise = (meaning: (a: bigint, b: bigint) => bigint) =>
  many([v.i64, v.i64], v.i64, (a: bigint[], b: bigint[]) => a.map((lane, index) => meaning(lane, b[index]!)));

const padded = (lanes: (Scalar | undefined)[], zero: Scalar) => [...lanes, zero, zero];

const simdCases: Record<string, Cases> = {
  v128: {
    not: many([v.i64], v.i64, (a: bigint[]) => a.map((lane) => ~lane)),
    and: bitwise((a, b) => a & b),
    andnot: bitwise((a, b) => a & ~b),
    or: bitwise((a, b) => a | b),
    xor: bitwise((a, b) => a ^ b),
    bitselect: many([v.i64, v.i64, v.i64], v.i64, (a: bigint[], b: bigint[], c: bigint[]) =>
      a.map((lane, index) => (lane & c[index]!) | (b[index]! & ~c[index]!)),
    ),
    anyTrue: many([v.i64], i32, (a: bigint[]) => [bigint(a.some((lane) => lane !== 0n))]),
  },
  i8x16: {
    ...vectorInteger(8, v.i8, Object.keys(simd.i8x16)),
    swizzle: many([v.i8, v.u8], v.i8, (a: bigint[], b: bigint[]) => b.map((lane) => a[Number(lane)] ?? 0n)),
    narrowI16x8S: narrowing(v.i16, v.i8, -128n, 127n),
    narrowI16x8U: narrowing(v.i16, v.i8, 0n, 255n),
  },
  i16x8: {
    ...vectorInteger(16, v.i16, Object.keys(simd.i16x8)),
    ...widening("I8x16", v.i16, v.i8, v.u8, true),
    narrowI32x4S: narrowing(v.i32, v.i16, -0x8000n, 0x7fffn),
    narrowI32x4U: narrowing(v.i32, v.i16, 0n, 0xffffn),
  },
  i32x4: {
    ...vectorInteger(32, v.i32, Object.keys(simd.i32x4)),
    ...widening("I16x8", v.i32, v.i16, v.u16, true),
    dotI16x8S: many([v.i16, v.i16], v.i32, (a: bigint[], b: bigint[]) =>
      range(4).map((lane) => a[2 * lane]! * b[2 * lane]! + a[2 * lane + 1]! * b[2 * lane + 1]!),
    ),
    truncSatF32x4S: many([v.f32], v.i32, (a: number[]) => a.map(truncate(32, true, true))),
    truncSatF32x4U: many([v.f32], v.i32, (a: number[]) => a.map(truncate(32, false, true))),
    truncSatF64x2SZero: many([v.f64], v.i32, (a: number[]) => padded(a.map(truncate(32, true, true)), 0n)),
    truncSatF64x2UZero: many([v.f64], v.i32, (a: number[]) => padded(a.map(truncate(32, false, true)), 0n)),
  },
  i64x2: {
    ...vectorInteger(64, v.i64, Object.keys(simd.i64x2)),
    ...widening("I32x4", v.i64, v.i32, v.u32, false),
  },
  f32x4: {
    ...vectorFloat(32, v.f32),
    convertI32x4S: many([v.i32], v.f32, (a: bigint[]) => a.map(Number)),
    convertI32x4U: many([v.u32], v.f32, (a: bigint[]) => a.map(Number)),
    demoteF64x2Zero: many([v.f64], v.f32, (a: number[]) => padded(a, 0)),
  },
  f64x2: {
    ...vectorFloat(64, v.f64),
    convertLowI32x4S: many([v.i32], v.f64, (a: bigint[]) => a.slice(0, 2).map(Number)),
    convertLowI32x4U: many([v.u32], v.f64, (a: bigint[]) => a.slice(0, 2).map(Number)),
    promoteLowF32x4: many([v.f32], v.f64, (a: number[]) => a.slice(0, 2)),
  },
};

const memory = new WebAssembly.Memory({ initial: 1 });
const bytes = new Uint8Array(memory.buffer);
const slot = (index: number) => new DataView(memory.buffer, 16 * index, 16);
const resultSlot = 4;

function push(f: FunctionBuilder, type: ValueType, offset: number): undefined {
  f[type].load({ offset }, f.i32.const(0));
}

/** One exported function per case: loads the operands from slots 0, 1, 2, stores the result to slot 4. */
function compile(group: string, cases: Cases): Record<string, () => void> {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, initialPages: 1 });
  for (const [name, { operands, result }] of Object.entries(cases))
    module.function(`${group}.${name}`, { params: [], results: [], export: name }, (f) => {
      f.i32.const(16 * resultSlot);
      operands.forEach((format, index) => void push(f, format.type, 16 * index));
      (f as unknown as Record<string, Record<string, () => void>>)[group]![name]!();
      f[result.type].store();
    });
  const compiled = new WebAssembly.Module(module.finish());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<string, () => void>;
}

let state = 0x2545f491;
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

const edges = [
  0,
  -0,
  0.5,
  1,
  -1,
  1.5,
  -2.5,
  3,
  127,
  2 ** 31,
  -(2 ** 31),
  2 ** 63,
  1e-40,
  Number.NaN,
  1 / 0,
  -1 / 0,
];

/** Random bits, small integers, or floats at the edges: every fourth lane or so is special. */
function randomise(view: DataView): void {
  const kind = Math.floor(random() * 6);
  for (let byte = 0; byte < 16; byte++) view.setUint8(byte, random() * 256);
  const edge = () => edges[Math.floor(random() * edges.length)]!;
  if (kind === 0) for (const lane of range(4)) view.setFloat32(4 * lane, edge(), true);
  if (kind === 1) for (const lane of range(2)) view.setFloat64(8 * lane, edge(), true);
  if (kind === 2) for (const lane of range(4)) view.setInt32(4 * lane, random() * 8 - 4, true);
  if (kind === 3)
    for (const lane of range(2)) view.setBigInt64(8 * lane, BigInt(Math.floor(random() * 8 - 4)), true);
  if (kind === 4) for (const lane of range(4)) view.setFloat32(4 * lane, random() * 200 - 100, true);
  if (kind === 5 && random() < 0.3)
    bytes.fill(random() < 0.5 ? 0 : 255, view.byteOffset, view.byteOffset + 16);
}

/** The meaning's lanes as the format stores them: wrapped to its bits, or rounded to its precision. */
function stored({ lanes, read }: Format, values: readonly (Scalar | undefined)[]): Scalar[] {
  const view = new DataView(new ArrayBuffer(16));
  values.forEach((value, lane) => {
    const width = 16 / (lanes === 1 ? 2 : lanes);
    if (typeof value === "bigint")
      for (const byte of range(width))
        view.setUint8(lane * width + byte, Number((value >> BigInt(8 * byte)) & 255n));
    else if (read === f32.read || read === v.f32.read) view.setFloat32(lane * 4, value!, true);
    else view.setFloat64(lane * 8, value!, true);
  });
  return read(view);
}

/** Whole numbers, for which the fused and the rounded product and sum agree. */
function wholeNumbers(view: DataView, format: Format): void {
  for (const lane of range(format.lanes)) {
    const value = Math.floor(random() * 2000 - 1000);
    if (format.lanes === 4) view.setFloat32(4 * lane, value, true);
    else view.setFloat64(8 * lane, value, true);
  }
}

function check(group: string, name: string, { operands, result, meaning }: Case, run: () => void): void {
  for (let round = 0; round < 150; round++) {
    for (const index of range(3))
      if (name.startsWith("relaxed")) wholeNumbers(slot(index), result);
      else randomise(slot(index));
    const values = operands.map((format, index) => format.read(slot(index)));
    // An engine may change the bits of a NaN that JavaScript reads, so the meaning cannot be told from it.
    if (/^(reinterpretF|copysign)/.test(name) && values.flat().some(Number.isNaN)) continue;
    const expected = meaning(...values);
    const context = () => `${group}.${name}(${values.map((lanes) => `[${lanes.join(", ")}]`).join(", ")})`;
    if (expected.includes(undefined)) {
      expect(run, context()).toThrow(WebAssembly.RuntimeError);
      continue;
    }
    run();
    const actual = result.read(slot(resultSlot));
    const wanted = stored(result, expected);
    // `expect` is slow, and there are tens of thousands of comparisons.
    if (!actual.every((lane, index) => Object.is(lane, wanted[index])))
      expect(actual, context()).toEqual(wanted);
  }
}

enableRelaxedSimd();
const tables: Record<string, object> = {
  i32: scalar.i32,
  i64: scalar.i64,
  f32: scalar.f32,
  f64: scalar.f64,
  v128: simd.v128,
  i8x16: simd.i8x16,
  i16x8: simd.i16x8,
  i32x4: simd.i32x4,
  i64x2: simd.i64x2,
  f32x4: simd.f32x4,
  f64x2: simd.f64x2,
};

describe("instructions without immediates mean what the specification says", () => {
  for (const [group, table] of Object.entries(tables))
    it(group, () => {
      const meanings = { ...scalarCases, ...simdCases }[group]!;
      const cases = Object.fromEntries(Object.keys(table).map((name) => [name, meanings[name]!]));
      expect(Object.keys(cases).filter((name) => cases[name] === undefined)).toEqual([]);
      const run = compile(group, cases);
      for (const [name, instruction] of Object.entries(cases)) check(group, name, instruction, run[name]!);
    });
});
