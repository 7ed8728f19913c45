import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { inferNetwork } from "./onnxruntime.ts";
import type { Side } from "./side.ts";

const side: Side = {
  start: () => `onnxruntime-node ${env.versions.node}, CPU`,
  tasks: { "network-infer": inferNetwork({ InferenceSession, Tensor }, true) },
};
export default side;
