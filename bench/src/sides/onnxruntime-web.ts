import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { inferNetwork } from "./onnxruntime.ts";
import type { Side } from "./side.ts";

const side: Side = {
  start({ threads }) {
    env.wasm.numThreads = threads;
    return `onnxruntime-web ${env.versions.web}, wasm with SIMD`;
  },
  tasks: { "network-infer": inferNetwork({ InferenceSession, Tensor }, false) },
};
export default side;
