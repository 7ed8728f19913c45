import "./default-backend.ts";

export * from "./autograd/index.ts";
export { reference } from "./backend/reference/reference.ts";
export { measurePeak, type Peak } from "./backend/wasm/peak.ts";
export type { ProgramCache } from "./backend/wasm/program-cache.ts";
export { createWasmBackend, type WasmOptions, wasm } from "./backend/wasm/wasm.ts";
export { type Compiled, compile } from "./compiler/compile.ts";
export { currentBackend, evaluate, setBackend } from "./compiler/runtime.ts";
export * from "./core/index.ts";
export * from "./ops/index.ts";
