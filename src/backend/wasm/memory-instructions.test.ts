import { beforeEach, describe, expect, it } from "vitest";
import { type FunctionBuilder, ModuleBuilder, type ValueType } from "./assembler.ts";
import * as scalar from "./opcodes.ts";
import * as simd from "./opcodes-simd.ts";

// Instructions with immediates: memory accesses, lanes, constants, shuffles, atomics. Each one runs at an
// address with an offset and is compared with the bytes that the specification says.

const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
const bytes = new Uint8Array(memory.buffer);
const input = 64; // where accesses go: address `input` + offset
const offset = 24;
const operand = 512;
const output = 1024;

beforeEach(() => {
  for (let index = 0; index < 2048; index++) bytes[index] = (index * 167 + 91) & 0xff;
});

function run(body: (f: FunctionBuilder) => void): void {
  const module = new ModuleBuilder();
  module.importMemory({ shared: true, initialPages: 1, maximumPages: 3 });
  module.function("run", { params: [], results: [], export: "run" }, body);
  const compiled = new WebAssembly.Module(module.finish());
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  (exports.run as () => void)();
}

const read = (address: number, count: number) => Array.from(bytes.slice(address, address + count));
type AccessMethod = (access: { offset: number }, ...operands: undefined[]) => undefined;

/** The instruction `group.name` at `offset`, with its operands. */
function access(f: FunctionBuilder, group: string, name: string, ...operands: undefined[]): undefined {
  const methods = (f as unknown as Record<string, Record<string, AccessMethod>>)[group]!;
  methods[name]!({ offset }, ...operands);
}

/** The 16 bytes on top of the stack after `body`. */
function vector(body: (f: FunctionBuilder) => undefined): number[] {
  run((f) => f.v128.store(f.i32.const(output), body(f)));
  return read(output, 16);
}

/** `accessed` bytes widened to `bytes`, with zeros or with the sign. */
function extend(accessed: readonly number[], size: number, signed: boolean): number[] {
  const fill = signed && accessed.at(-1)! >= 0x80 ? 0xff : 0;
  return [...accessed, ...Array<number>(size - accessed.length).fill(fill)];
}

const sizes: Record<string, number> = { i32: 4, i64: 8, f32: 4, f64: 8 };
const tables = {
  i32: scalar.i32Access,
  i64: scalar.i64Access,
  f32: scalar.f32Access,
  f64: scalar.f64Access,
};

describe.each(Object.entries(tables))("%s", (group, table) => {
  it.each(Object.entries(table))("%s", (name, [, accessed]) => {
    const type = group as "i32";
    run((f) => {
      const value = () => f[type].load({ offset: operand, align: 1 }, f.i32.const(0));
      if (name.startsWith("store")) access(f, group, name, f.i32.const(input), value());
      else f[type].store(f.i32.const(output), access(f, group, name, f.i32.const(input)));
    });
    if (name.startsWith("store")) {
      expect(read(input + offset, accessed)).toEqual(read(operand, accessed));
      expect(read(input + offset + accessed, 1)).toEqual([((input + offset + accessed) * 167 + 91) & 0xff]);
    } else {
      const expected = extend(read(input + offset, accessed), sizes[group]!, name.endsWith("S"));
      expect(read(output, sizes[group]!)).toEqual(expected);
    }
  });
});

describe("v128", () => {
  const at = input + offset;

  it.each(Object.entries(simd.v128Access).filter(([name]) => name !== "store"))(
    "%s",
    (name, [, accessed]) => {
      const loaded = vector((f) => access(f, "v128", name, f.i32.const(input)));
      const source = read(at, accessed);
      const widened = /^load(\d+)x\d+([SU])$/.exec(name);
      const expected = widened
        ? group(source, Number(widened[1]) / 8).flatMap((lane) =>
            extend(lane, 2 * lane.length, widened[2] === "S"),
          )
        : name.endsWith("Splat")
          ? Array.from({ length: 16 / accessed }, () => source).flat()
          : extend(source, 16, false);
      expect(loaded).toEqual(expected);
    },
  );

  it("store", () => {
    run((f) =>
      f.v128.store({ offset }, f.i32.const(input), f.v128.load({ offset: operand }, f.i32.const(0))),
    );
    expect(read(at, 16)).toEqual(read(operand, 16));
  });

  const lanes = Object.entries(simd.v128LaneAccess) as [
    keyof typeof simd.v128LaneAccess,
    readonly [number, number],
  ][];
  it.each(lanes)("%s", (name, [, accessed]) => {
    const lane = 16 / accessed - 1;
    const start = lane * accessed;
    const operands = (f: FunctionBuilder) => [
      f.i32.const(input),
      f.v128.load({ offset: operand }, f.i32.const(0)),
    ];
    const before = read(at, 16);
    if (name.startsWith("load")) {
      const result = vector((f) => f.v128[name](lane, { offset }, ...operands(f)));
      expect(result).toEqual(read(operand, 16).toSpliced(start, accessed, ...read(at, accessed)));
    } else {
      run((f) => f.v128[name](lane, { offset }, ...operands(f)));
      expect(read(at, 16)).toEqual(before.toSpliced(0, accessed, ...read(operand + start, accessed)));
    }
  });

  function group(source: readonly number[], size: number): number[][] {
    return Array.from({ length: source.length / size }, (_, index) =>
      source.slice(index * size, (index + 1) * size),
    );
  }
});

describe("lanes", () => {
  const groups: [keyof typeof groupLanes, ValueType, number][] = [
    ["i8x16", "i32", 1],
    ["i16x8", "i32", 2],
    ["i32x4", "i32", 4],
    ["i64x2", "i64", 8],
    ["f32x4", "f32", 4],
    ["f64x2", "f64", 8],
  ];
  const groupLanes = {
    i8x16: simd.i8x16Lane,
    i16x8: simd.i16x8Lane,
    i32x4: simd.i32x4Lane,
    i64x2: simd.i64x2Lane,
    f32x4: simd.f32x4Lane,
    f64x2: simd.f64x2Lane,
  };

  it.each(groups)("%s: extract and replace", (name, type, size) => {
    type LaneMethod = (lane: number, ...operands: undefined[]) => undefined;
    for (let lane = 0; lane < 16 / size; lane++)
      for (const operation of Object.keys(groupLanes[name])) {
        const emit = (f: FunctionBuilder) => {
          const methods = f[name] as unknown as Record<string, LaneMethod>;
          return (...operands: undefined[]) => methods[operation]!(lane, ...operands);
        };
        const source = read(operand + lane * size, size);
        if (operation === "replaceLane") {
          const replaced = vector((f) =>
            emit(f)(
              f.v128.load({ offset: operand }, f.i32.const(0)),
              f[type].load({ offset: input }, f.i32.const(0)),
            ),
          );
          expect(replaced).toEqual(read(operand, 16).toSpliced(lane * size, size, ...read(input, size)));
        } else {
          run((f) => {
            f[type].store(f.i32.const(output), emit(f)(f.v128.load({ offset: operand }, f.i32.const(0))));
          });
          const width = type === "i32" ? 4 : size;
          expect(read(output, width)).toEqual(extend(source, width, operation.endsWith("S")));
        }
      }
  });

  it("constants take all lanes, one for all, or bytes", () => {
    const bytesOf = (lanes: ArrayBufferView) => Array.from(new Uint8Array(lanes.buffer));
    expect(vector((f) => f.i8x16.const(-3))).toEqual(Array(16).fill(253));
    expect(vector((f) => f.i16x8.const(1, -2, 3, -4, 5, -6, 7, -8))).toEqual(
      bytesOf(new Int16Array([1, -2, 3, -4, 5, -6, 7, -8])),
    );
    expect(vector((f) => f.i32x4.const(1, 2, 3, 0xffffffff))).toEqual(bytesOf(new Int32Array([1, 2, 3, -1])));
    expect(vector((f) => f.i64x2.const(-5n, 2n ** 62n))).toEqual(
      bytesOf(new BigInt64Array([-5n, 2n ** 62n])),
    );
    expect(vector((f) => f.f32x4.const(0.1))).toEqual(bytesOf(new Float32Array(4).fill(0.1)));
    expect(vector((f) => f.f64x2.const(-0, 0.1))).toEqual(bytesOf(new Float64Array([-0, 0.1])));
    expect(vector((f) => f.v128.const(new Float32Array([1, 2, 3, 4])))).toEqual(
      bytesOf(new Float32Array([1, 2, 3, 4])),
    );
  });

  it("shuffles bytes, groups of 4 bytes and groups of 8", () => {
    const operands = (f: FunctionBuilder) => [
      f.v128.load({ offset: operand }, f.i32.const(0)),
      f.v128.load({ offset: operand + 16 }, f.i32.const(0)),
    ];
    const source = read(operand, 32);
    const picked = [31, 0, 5, 17, 2, 2, 30, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    expect(vector((f) => f.i8x16.shuffle(picked, ...operands(f)))).toEqual(
      picked.map((lane) => source[lane]),
    );
    expect(vector((f) => f.i32x4.shuffle([7, 0, 4, 2], ...operands(f)))).toEqual(
      [7, 0, 4, 2].flatMap((lane) => source.slice(4 * lane, 4 * lane + 4)),
    );
    expect(vector((f) => f.i64x2.shuffle([3, 0], ...operands(f)))).toEqual([
      ...source.slice(24, 32),
      ...source.slice(0, 8),
    ]);
  });
});

describe("atomics", () => {
  const words = new Int32Array(memory.buffer);
  const word = (input + offset) / 4;

  /** Runs one atomic instruction and gives what it left on the stack. */
  function atomic(body: (f: FunctionBuilder, address: undefined) => undefined): number {
    run((f) => f.i32.store(f.i32.const(output), body(f, f.i32.const(input))));
    return words[output / 4]!;
  }

  const meanings: Record<string, (a: number, b: number) => number> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    xchg: (_, b) => b,
  };

  it.each(Object.keys(meanings))("%s gives the old value", (name) => {
    words[word] = 0x0ff0_1234;
    const old = atomic((f, address) => f.atomic[name as "add"]({ offset }, address, f.i32.const(0x7531)));
    expect(old).toBe(0x0ff0_1234);
    expect(words[word]).toBe(meanings[name]!(0x0ff0_1234, 0x7531));
  });

  it("load, store and cmpxchg", () => {
    run((f) => f.atomic.store({ offset }, f.i32.const(input), f.i32.const(77)));
    expect(atomic((f, address) => f.atomic.load({ offset }, address))).toBe(77);
    const exchange = (expected: number) =>
      atomic((f, address) => f.atomic.cmpxchg({ offset }, address, f.i32.const(expected), f.i32.const(5)));
    expect([exchange(76), words[word]]).toEqual([77, 77]);
    expect([exchange(77), words[word]]).toEqual([77, 5]);
  });

  it("wait32, notify and fence", () => {
    words[word] = 3;
    const wait = (expected: number) =>
      atomic((f, address) => f.atomic.wait32({ offset }, address, f.i32.const(expected), f.i64.const(1000)));
    expect(wait(4)).toBe(1); // another value
    expect(wait(3)).toBe(2); // timed out
    expect(atomic((f, address) => f.atomic.notify({ offset }, address, f.i32.const(1)))).toBe(0); // nobody waits
    run((f) => f.atomic.fence());
    expect(Object.keys(scalar.atomicAccess).sort()).toEqual(
      [...Object.keys(meanings), "load", "store", "cmpxchg", "wait32", "notify"].sort(),
    );
  });
});

describe("whole memory", () => {
  it("copies and fills, also where ranges overlap", () => {
    const source = read(operand, 40);
    run((f) => f.memory.copy(f.i32.const(operand + 8), f.i32.const(operand), f.i32.const(40)));
    expect(read(operand + 8, 40)).toEqual(source);
    run((f) => f.memory.fill(f.i32.const(output), f.i32.const(0xab), f.i32.const(5)));
    expect(read(output, 5)).toEqual(Array(5).fill(0xab));
    expect(bytes[output + 5]).not.toBe(0xab);
  });

  it("has a size and grows", () => {
    const old = memory.buffer.byteLength / 65536;
    run((f) => {
      f.i32.store(f.i32.const(output), f.memory.grow(f.i32.const(1)));
      f.i32.store(f.i32.const(output + 4), f.memory.size());
      f.i32.store(f.i32.const(output + 8), f.memory.grow(f.i32.const(100)));
    });
    expect(Array.from(new Int32Array(memory.buffer, output, 3))).toEqual([old, old + 1, -1]);
  });
});
