import { type FunctionBuilder, ModuleBuilder, type ValueType } from "./assembler.ts";

/** Whether the engine has 128-bit vectors. */
export function acceptsSimd(): boolean {
  return accepts("v128", false, (f) => f.f32x4.splat(f.f32.const(0)));
}

/** Whether the engine accepts `f32x4.relaxed_madd` under the flags that are set now. */
export function acceptsRelaxedMadd(): boolean {
  const zero = (f: FunctionBuilder) => f.f32x4.const(0);
  return accepts("v128", false, (f) => f.f32x4.relaxedMadd(zero(f), zero(f), zero(f)));
}

/** Whether the engine has shared memories and atomics; the page may still not be allowed to share. */
export function acceptsThreads(): boolean {
  return accepts("i32", true, (f) => f.atomic.load(f.i32.const(0)));
}

function accepts(result: ValueType, shared: boolean, body: (f: FunctionBuilder) => void): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ shared, initialPages: 1, maximumPages: 1 });
  module.function("probe", { params: [], results: [result] }, body);
  return WebAssembly.validate(module.finish());
}
