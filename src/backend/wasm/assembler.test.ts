import { describe, expect, it } from "vitest";
import { type FunctionBuilder, ModuleBuilder, type Signature } from "./assembler.ts";

const memory = new WebAssembly.Memory({ initial: 1 });

function instantiate(module: ModuleBuilder, imports: WebAssembly.ModuleImports = {}): WebAssembly.Exports {
  const compiled = new WebAssembly.Module(module.finish());
  return new WebAssembly.Instance(compiled, { env: { memory, ...imports } }).exports;
}

/** Compiles one function and gives it back callable. */
function build(signature: Signature, body: (f: FunctionBuilder) => void): (...args: number[]) => number {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, initialPages: 1 });
  module.function("run", { ...signature, export: "run" }, body);
  return instantiate(module).run as (...args: number[]) => number;
}

describe("FunctionBuilder", () => {
  it("takes operands as statements or as arguments and emits the same bytes", () => {
    const bytes = (body: (f: FunctionBuilder) => void) => {
      const module = new ModuleBuilder();
      module.function("f", { params: ["f32", "f32"], results: ["f32"] }, body);
      return module.finish();
    };
    const statements = bytes((f) => {
      f.get(f.param(0));
      f.get(f.param(1));
      f.f32.mul();
      f.f32.const(0.5);
      f.f32.add();
    });
    const expression = bytes((f) => {
      f.f32.add(f.f32.mul(f.get(f.param(0)), f.get(f.param(1))), f.f32.const(0.5));
    });
    expect(expression).toEqual(statements);
  });

  it("computes branch distances from labels", () => {
    // Counts the steps of the Collatz sequence; -1 past the limit, from two blocks further out.
    const collatz = build({ params: ["i32", "i32"], results: ["i32"] }, (f) => {
      const [n, limit, steps] = [f.param(0), f.param(1), f.local("i32")];
      f.block((tooLong) => {
        f.block((done) => {
          f.loop((again) => {
            f.brIf(done, f.i32.eq(f.get(n), f.i32.const(1)));
            f.brIf(tooLong, f.i32.geU(f.get(steps), f.get(limit)));
            f.set(steps, f.i32.add(f.get(steps), f.i32.const(1)));
            f.if(
              f.i32.and(f.get(n), f.i32.const(1)),
              () => {
                f.set(n, f.i32.add(f.i32.mul(f.get(n), f.i32.const(3)), f.i32.const(1)));
                f.br(again);
              },
              () => f.set(n, f.i32.shrU(f.get(n), f.i32.const(1))),
            );
            f.br(again);
          });
        });
        f.return(f.get(steps));
      });
      f.i32.const(-1);
    });
    expect(collatz(27, 1000)).toBe(111);
    expect(collatz(27, 50)).toBe(-1);
  });

  it("gives values from blocks, loops, choices and tables", () => {
    const pick = build({ params: ["i32"], results: ["i32"] }, (f) => {
      f.block("i32", (out) => {
        f.block((two) => {
          f.block((one) => {
            f.block((zero) => f.brTable([zero, one], two, f.get(f.param(0))));
            f.br(out, f.i32.const(10));
          });
          f.br(
            out,
            f.loop("i32", () => f.i32.const(11)),
          );
        });
        f.if(
          f.i32.eq(f.get(f.param(0)), f.i32.const(2)),
          "i32",
          () => f.i32.const(12),
          () => f.i32.const(99),
        );
      });
    });
    expect([0, 1, 2, 3, -1].map((i) => pick(i))).toEqual([10, 11, 12, 99, 99]);
  });

  it("selects, drops, tees and traps", () => {
    const run = build({ params: ["f64", "i32"], results: ["f64"] }, (f) => {
      f.if(f.i32.ltS(f.get(f.param(1)), f.i32.const(0)), () => f.unreachable());
      const doubled = f.local("f64");
      f.nop();
      f.drop(f.tee(doubled, f.f64.add(f.get(f.param(0)), f.get(f.param(0)))));
      f.select(f.get(doubled), f.get(f.param(0)), f.get(f.param(1)));
    });
    expect(run(1.5, 1)).toBe(3);
    expect(run(1.5, 0)).toBe(1.5);
    expect(() => run(1.5, -1)).toThrow(WebAssembly.RuntimeError);
  });

  it("reuses freed locals of the same type only", () => {
    build({ params: ["i32"], results: [] }, (f) => {
      const a = f.local("i32");
      const b = f.local("f32");
      f.free(a, b);
      expect(f.local("f32")).toBe(b);
      expect(f.local("i32")).toBe(a);
      expect(f.local("i32").index).toBe(3);
    });
  });

  it("refuses branches to closed labels, bad alignments and missing parameters", () => {
    build({ params: [], results: [] }, (f) => {
      let closed: Parameters<typeof f.br>[0] | undefined;
      f.block((label) => {
        closed = label;
      });
      expect(() => f.br(closed!)).toThrow("outside its block");
      f.block(() => expect(() => f.br(closed!)).toThrow("outside its block"));
      expect(() => f.i32.load({ align: 8 })).toThrow("alignment 8");
      expect(() => f.i32.load({ offset: -1 })).toThrow("offset -1");
      expect(() => f.param(0)).toThrow("parameter 0");
      expect(() => f.f32x4.const(1, 2)).toThrow("4 lanes");
      expect(() => f.i8x16.shuffle([0, 1])).toThrow("16 lanes");
      expect(() => f.v128.const(new Uint8Array(8))).toThrow("16 bytes");
    })();
  });
});

describe("ModuleBuilder", () => {
  it("calls functions declared earlier and defined later, or defined inside another one", () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: false, initialPages: 1 });
    const isOdd = module.declare("isOdd", { params: ["i32"], results: ["i32"] });
    const isEven = module.function("isEven", { params: ["i32"], results: ["i32"], export: "isEven" }, (f) => {
      const previous = module.function("previous", { params: ["i32"], results: ["i32"] }, (g) => {
        g.i32.sub(g.get(g.param(0)), g.i32.const(1));
      });
      f.if(
        f.get(f.param(0)),
        "i32",
        () => f.call(isOdd, f.call(previous, f.get(f.param(0)))),
        () => f.i32.const(1),
      );
    });
    module.define(isOdd, (f) => {
      f.i32.eqz(f.call(isEven, f.get(f.param(0))));
    });
    const { isEven: even } = instantiate(module) as { isEven: (n: number) => number };
    expect([0, 1, 2, 7, 10].map((n) => even(n))).toEqual([1, 0, 1, 0, 1]);
  });

  it("imports functions, exports globals and writes to memory", () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: false, initialPages: 1, maximumPages: 2 });
    const scale = module.importFunction("env", "scale", { params: ["f32"], results: ["f32"] });
    const calls = module.global("i32", 40, { mutable: true, export: "calls" });
    const offset = module.global("f64", 0.25);
    const big = module.global("i64", -(2n ** 40n));
    const third = module.global("f32", 1 / 3);
    module.function("run", { params: [], results: ["f64"], export: "run" }, (f) => {
      f.setGlobal(calls, f.i32.add(f.getGlobal(calls), f.i32.const(2)));
      f.f32.store({ offset: 8 }, f.i32.const(0), f.call(scale, f.getGlobal(third)));
      f.i64.store({ offset: 16, align: 1 }, f.i32.const(0), f.getGlobal(big));
      f.f64.add(f.getGlobal(offset), f.f64.promoteF32(f.f32.load({ offset: 8 }, f.i32.const(0))));
    });
    const bounded = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const exports = instantiate(module, { scale: (x: number) => 3 * x, memory: bounded });
    expect((exports.run as () => number)()).toBe(1.25);
    expect((exports.calls as WebAssembly.Global).value).toBe(42);
    expect(new BigInt64Array(bounded.buffer)[2]).toBe(-(2n ** 40n));
  });

  it("keeps one global for equal vector constants", () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: false, initialPages: 1 });
    const lanes = new Float32Array([0.1, -0, 3, Number.POSITIVE_INFINITY]);
    const constant = module.constant(lanes);
    expect(module.constant(lanes.slice())).toBe(constant);
    expect(module.constant(new Float32Array(4))).not.toBe(constant);
    module.function("run", { params: [], results: [], export: "run" }, (f) => {
      f.v128.store({ offset: 32 }, f.i32.const(0), f.getGlobal(constant));
    });
    (instantiate(module).run as () => void)();
    expect(new Float32Array(memory.buffer, 32, 4)).toEqual(lanes);
  });

  it("names functions in stack traces", () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: false, initialPages: 1 });
    module.function("conv2d 3x3 s1", { params: [], results: [], export: "run" }, (f) => f.unreachable());
    let stack: string | undefined;
    try {
      (instantiate(module).run as () => void)();
    } catch (error) {
      stack = (error as Error).stack;
    }
    expect(stack).toContain("conv2d 3x3 s1");
  });

  it("refuses undefined, twice defined and foreign functions, late imports, unbounded shared memory", () => {
    const module = new ModuleBuilder();
    const ref = module.declare("f", { params: [], results: [] });
    expect(() => module.finish()).toThrow("f is declared but not defined");
    expect(() => module.importFunction("env", "g", { params: [], results: [] })).toThrow("env.g");
    module.define(ref, () => {});
    expect(() => module.define(ref, () => {})).toThrow("defined twice");
    expect(() => new ModuleBuilder().define(ref, () => {})).toThrow("not declared");
    expect(() => module.importMemory({ shared: true, initialPages: 1 })).toThrow("maximumPages");
  });

  it("emits a module of 200 KB in milliseconds", () => {
    const emit = () => {
      const module = new ModuleBuilder();
      module.importMemory({ shared: false, initialPages: 1 });
      for (let kernel = 0; kernel < 50; kernel++)
        module.function(`kernel ${kernel}`, { params: ["i32"], results: [] }, (f) => {
          const sum = f.local("v128");
          for (let i = 0; i < 400; i++) {
            const access = { offset: 16 * i };
            f.set(sum, f.f32x4.add(f.get(sum), f.v128.load(access, f.get(f.param(0)))));
          }
        });
      return module.finish();
    };
    emit();
    const start = performance.now();
    const bytes = emit();
    const milliseconds = performance.now() - start;
    expect(bytes.length).toBeGreaterThan(200_000);
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(milliseconds).toBeLessThan(100); // measured: 4 to 8; the margin is for busy machines
  });
});
