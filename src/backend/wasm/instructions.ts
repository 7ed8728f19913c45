import { ArgumentError } from "../../core/errors.ts";
import type { ByteBuffer } from "./encoding.ts";
import * as scalar from "./opcodes.ts";
import * as simd from "./opcodes-simd.ts";

/**
 * What an instruction method returns: nothing.
 *
 * The type exists so that operands can be written inside the call: JavaScript evaluates arguments from left
 * to right and before the call, which is the order of a stack machine. These two emit the same bytes:
 *
 * ```ts
 * f.get(x); f.get(y); f.f32x4.mul(); f.set(z);
 * f.set(z, f.f32x4.mul(f.get(x), f.get(y)));
 * ```
 */
export type Emitted = undefined;

/** Byte offset added to the address (default 0) and promised alignment in bytes (default: the access size). */
export interface MemoryAccess {
  readonly offset?: number;
  readonly align?: number;
}

type Access = MemoryAccess | Emitted;
type Plain<Table> = { readonly [Name in keyof Table]: (...operands: Emitted[]) => Emitted };
type Accesses<Table> = {
  readonly [Name in keyof Table]: (access?: Access, ...operands: Emitted[]) => Emitted;
};
type Lanes<Table> = { readonly [Name in keyof Table]: (lane: number, ...operands: Emitted[]) => Emitted };
type LaneAccesses<Table> = {
  readonly [Name in keyof Table]: (lane: number, access?: Access, ...operands: Emitted[]) => Emitted;
};

export interface I32 extends Plain<typeof scalar.i32>, Accesses<typeof scalar.i32Access> {
  /** Pushes an integer, wrapped to 32 bits. */
  const(value: number): Emitted;
}

export interface I64 extends Plain<typeof scalar.i64>, Accesses<typeof scalar.i64Access> {
  const(value: bigint | number): Emitted;
}

export interface F32 extends Plain<typeof scalar.f32>, Accesses<typeof scalar.f32Access> {
  const(value: number): Emitted;
}

export interface F64 extends Plain<typeof scalar.f64>, Accesses<typeof scalar.f64Access> {
  const(value: number): Emitted;
}

/** Atomic access to an i32; `notify(address, count)`, `wait32(address, expected, nanoseconds as i64)`. */
export interface Atomic extends Plain<typeof scalar.atomic>, Accesses<typeof scalar.atomicAccess> {}

/** `size()` and `grow(pages)` count pages of 64 KiB; `copy(to, from, bytes)`, `fill(to, byte, bytes)`. */
export type Memory = Plain<typeof scalar.memory>;

export interface V128
  extends Plain<typeof simd.v128>,
    Accesses<typeof simd.v128Access>,
    LaneAccesses<typeof simd.v128LaneAccess> {
  /** Pushes 16 bytes; the lane groups have a `const` that takes lane values. */
  const(bytes: ArrayBufferView): Emitted;
}

/** A group's `const` takes all lanes, or one value for all of them. */
export interface I8x16 extends Plain<typeof simd.i8x16>, Lanes<typeof simd.i8x16Lane> {
  const(...lanes: number[]): Emitted;
  /** Picks 16 of the 32 bytes of two vectors. */
  shuffle(lanes: readonly number[], ...operands: Emitted[]): Emitted;
}

export interface I16x8 extends Plain<typeof simd.i16x8>, Lanes<typeof simd.i16x8Lane> {
  const(...lanes: number[]): Emitted;
}

export interface I32x4 extends Plain<typeof simd.i32x4>, Lanes<typeof simd.i32x4Lane> {
  const(...lanes: number[]): Emitted;
  /** Picks 4 of the 8 lanes of two vectors: `i8x16.shuffle` on groups of 4 bytes. */
  shuffle(lanes: readonly number[], ...operands: Emitted[]): Emitted;
}

export interface I64x2 extends Plain<typeof simd.i64x2>, Lanes<typeof simd.i64x2Lane> {
  const(...lanes: bigint[]): Emitted;
  /** Picks 2 of the 4 lanes of two vectors: `i8x16.shuffle` on groups of 8 bytes. */
  shuffle(lanes: readonly number[], ...operands: Emitted[]): Emitted;
}

export interface F32x4 extends Plain<typeof simd.f32x4>, Lanes<typeof simd.f32x4Lane> {
  const(...lanes: number[]): Emitted;
}

export interface F64x2 extends Plain<typeof simd.f64x2>, Lanes<typeof simd.f64x2Lane> {
  const(...lanes: number[]): Emitted;
}

/** All instruction groups of one function, writing into its code. */
export interface Instructions {
  readonly i32: I32;
  readonly i64: I64;
  readonly f32: F32;
  readonly f64: F64;
  readonly atomic: Atomic;
  readonly memory: Memory;
  readonly v128: V128;
  readonly i8x16: I8x16;
  readonly i16x8: I16x8;
  readonly i32x4: I32x4;
  readonly i64x2: I64x2;
  readonly f32x4: F32x4;
  readonly f64x2: F64x2;
}

/** Writes an opcode of the tables: one byte, or a prefix byte and a LEB128 number. */
export function writeOpcode(code: ByteBuffer, opcode: number): void {
  if (opcode < 0x100) {
    code.byte(opcode);
  } else {
    code.byte(opcode >>> 16);
    code.u32(opcode & 0xffff);
  }
}

function writeAccess(code: ByteBuffer, opcode: number, bytes: number, access: Access): void {
  const align = access?.align ?? bytes;
  const offset = access?.offset ?? 0;
  if (align > bytes || (align & (align - 1)) !== 0 || align < 1)
    throw new ArgumentError(
      `alignment ${align} of a ${bytes}-byte access must be a power of two up to ${bytes}`,
    );
  if (!(Number.isInteger(offset) && offset >= 0 && offset <= 0xffffffff))
    throw new ArgumentError(`memory offset ${offset} is not an unsigned 32-bit integer`);
  writeOpcode(code, opcode);
  code.u32(31 - Math.clz32(align));
  code.u32(offset);
}

interface Group {
  readonly code: ByteBuffer;
}

type Method = (this: Group, ...immediates: never[]) => Emitted;
type Methods = Record<string, Method>;

function plain(table: Readonly<Record<string, number>>): Methods {
  return mapTable(
    table,
    (opcode) =>
      function (this: Group): undefined {
        writeOpcode(this.code, opcode);
      },
  );
}

function accesses(table: Readonly<Record<string, readonly [number, number]>>): Methods {
  return mapTable(
    table,
    ([opcode, bytes]) =>
      function (this: Group, access: Access): undefined {
        writeAccess(this.code, opcode, bytes, access);
      },
  );
}

function lanes(table: Readonly<Record<string, number>>): Methods {
  return mapTable(
    table,
    (opcode) =>
      function (this: Group, lane: number): undefined {
        writeOpcode(this.code, opcode);
        this.code.byte(lane);
      },
  );
}

function laneAccesses(table: Readonly<Record<string, readonly [number, number]>>): Methods {
  return mapTable(
    table,
    ([opcode, bytes]) =>
      function (this: Group, lane: number, access: Access): undefined {
        writeAccess(this.code, opcode, bytes, access);
        this.code.byte(lane);
      },
  );
}

function mapTable<Entry>(table: Readonly<Record<string, Entry>>, method: (entry: Entry) => Method): Methods {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, method(entry)]));
}

function scalarConst<Value>(opcode: number, write: (code: ByteBuffer, value: Value) => void): Methods {
  return {
    const(this: Group, value: Value): undefined {
      this.code.byte(opcode);
      write(this.code, value);
    },
  };
}

interface LaneArray<Value> extends ArrayBufferView {
  readonly length: number;
  fill(value: Value): unknown;
  set(values: readonly Value[]): unknown;
}

function vectorConst<Value>(make: () => LaneArray<Value>): Methods {
  return {
    const(this: Group, ...values: Value[]): undefined {
      const vector = make();
      if (values.length === 1) vector.fill(values[0]!);
      else if (values.length === vector.length) vector.set(values);
      else throw new ArgumentError(`a vector of ${vector.length} lanes got ${values.length} values`);
      writeVectorImmediate(this.code, simd.v128Immediate.const, vector);
    },
  };
}

/** Writes an opcode and the 16 bytes that belong to it. */
export function writeVectorImmediate(
  code: ByteBuffer,
  opcode: number,
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): void {
  if (byteLength !== 16) throw new ArgumentError(`a vector immediate has 16 bytes, not ${byteLength}`);
  writeOpcode(code, opcode);
  code.bytes(new Uint8Array(buffer, byteOffset, byteLength));
}

function shuffle(bytesPerLane: number): Methods {
  const count = 16 / bytesPerLane;
  return {
    shuffle(this: Group, picked: readonly number[]): undefined {
      if (picked.length !== count || picked.some((lane) => !(lane >= 0 && lane < 2 * count)))
        throw new ArgumentError(
          `a shuffle needs ${count} lanes below ${2 * count}, not [${picked.join(", ")}]`,
        );
      const bytes = picked.flatMap((lane) =>
        Array.from({ length: bytesPerLane }, (_, byte) => lane * bytesPerLane + byte),
      );
      writeVectorImmediate(this.code, simd.v128Immediate.shuffle, new Uint8Array(bytes));
    },
  };
}

const groups: Readonly<Record<keyof Instructions, Methods>> = {
  i32: {
    ...plain(scalar.i32),
    ...accesses(scalar.i32Access),
    ...scalarConst<number>(scalar.control.i32Const, (code, value) => code.s32(value)),
  },
  i64: {
    ...plain(scalar.i64),
    ...accesses(scalar.i64Access),
    ...scalarConst<bigint | number>(scalar.control.i64Const, (code, value) => code.s64(BigInt(value))),
  },
  f32: {
    ...plain(scalar.f32),
    ...accesses(scalar.f32Access),
    ...scalarConst<number>(scalar.control.f32Const, (code, value) => code.f32(value)),
  },
  f64: {
    ...plain(scalar.f64),
    ...accesses(scalar.f64Access),
    ...scalarConst<number>(scalar.control.f64Const, (code, value) => code.f64(value)),
  },
  atomic: {
    ...accesses(scalar.atomicAccess),
    fence(this: Group): undefined {
      writeOpcode(this.code, scalar.atomic.fence);
      this.code.byte(0);
    },
  },
  memory: wholeMemory(),
  v128: {
    ...plain(simd.v128),
    ...accesses(simd.v128Access),
    ...laneAccesses(simd.v128LaneAccess),
    const(this: Group, bytes: ArrayBufferView): undefined {
      writeVectorImmediate(this.code, simd.v128Immediate.const, bytes);
    },
  },
  i8x16: {
    ...plain(simd.i8x16),
    ...lanes(simd.i8x16Lane),
    ...vectorConst<number>(() => new Int8Array(16)),
    ...shuffle(1),
  },
  i16x8: { ...plain(simd.i16x8), ...lanes(simd.i16x8Lane), ...vectorConst<number>(() => new Int16Array(8)) },
  i32x4: {
    ...plain(simd.i32x4),
    ...lanes(simd.i32x4Lane),
    ...vectorConst<number>(() => new Int32Array(4)),
    ...shuffle(4),
  },
  i64x2: {
    ...plain(simd.i64x2),
    ...lanes(simd.i64x2Lane),
    ...vectorConst<bigint>(() => new BigInt64Array(2)),
    ...shuffle(8),
  },
  f32x4: {
    ...plain(simd.f32x4),
    ...lanes(simd.f32x4Lane),
    ...vectorConst<number>(() => new Float32Array(4)),
  },
  f64x2: {
    ...plain(simd.f64x2),
    ...lanes(simd.f64x2Lane),
    ...vectorConst<number>(() => new Float64Array(2)),
  },
};

/** Memory indices follow these opcodes: two for a copy, one for the others. */
function wholeMemory(): Methods {
  const { copy } = scalar.memory;
  return mapTable<number>(
    scalar.memory,
    (opcode) =>
      function (this: Group): undefined {
        writeOpcode(this.code, opcode);
        this.code.bytes(opcode === copy ? [0, 0] : [0]);
      },
  );
}

/** Instruction groups that write into `code`: objects with one field each and shared methods. */
export function instructionsFor(code: ByteBuffer): Instructions {
  const own = { code: { value: code } };
  const instances = Object.entries(groups).map(([name, methods]) => [name, Object.create(methods, own)]);
  return Object.fromEntries(instances) as Instructions;
}
