import { wasm } from "./backend/wasm/wasm.ts";
import { setDefaultBackend } from "./compiler/runtime.ts";

// Every entry point that can make tensors imports this file, so that there is a backend whichever of them is used.
setDefaultBackend(wasm);
