import { join } from "node:path";
import type { InferenceSession, TypedTensor } from "onnxruntime-common";
import { files } from "../benchmarks/files.ts";
import type { Work } from "../harness/protocol.ts";
import { readTensors, type Task, tensorOf } from "./side.ts";

/** What the runtimes for Node and for the web have in common. */
interface Runtime {
  readonly InferenceSession: {
    create(path: string, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    dims: readonly number[],
  ) => TypedTensor<"float32">;
}

/**
 * The task `network-infer` with all of the runtime's graph optimizations.
 *
 * @param findsData whether the runtime opens the file of the weights by itself.
 */
export function inferNetwork({ InferenceSession, Tensor }: Runtime, findsData: boolean) {
  return async ({ folder, settings: { threads } }: Work): Promise<Task> => {
    const externalData = [{ path: files.onnxData, data: join(folder, files.onnxData) }];
    const session = await InferenceSession.create(join(folder, files.onnx), {
      ...(findsData ? {} : { externalData }),
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    const { data, shape } = tensorOf(readTensors(folder, "inputs"), "images");
    const images = new Tensor("float32", data as Float32Array, shape);
    return {
      async run() {
        const { logits } = await session.run({ images });
        return logits!.data as Float32Array;
      },
    };
  };
}
