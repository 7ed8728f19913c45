import { env, InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import type { DType, TypedArray } from "../src/core/dtype.ts";
import type { Shape } from "../src/core/shape.ts";
import type { Tensor } from "../src/core/tensor.ts";

env.wasm.numThreads = 1;
env.logLevel = "error";

export interface RuntimeValue {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: Float64Array;
}

/** Runs a model in onnxruntime (WebAssembly), and gives its outputs by name. */
export async function runOnnx(
  model: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Map<string, RuntimeValue>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  try {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(inputs)) {
      feeds[name] = toRuntime(await tensor.data(), tensor.shape, tensor.dtype);
    }
    const results = await session.run(feeds);
    return new Map(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { shape: dims, dtype: type, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) },
      ]),
    );
  } finally {
    await session.release();
  }
}

function toRuntime(data: TypedArray, shape: Shape, dtype: DType): OrtTensor {
  return new OrtTensor(dtype as "float32", data as Float32Array, shape);
}
