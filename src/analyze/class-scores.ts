import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { tensorsBehind } from "../core/tensors-behind.ts";
import { reshape } from "../ops/movement.ts";

const softmaxes: ReadonlySet<string> = new Set(["softmax", "logSoftmax"]);

/** What may stand behind a softmax without changing which class an element belongs to: shapes, types, rounding. */
const harmless: ReadonlySet<string> = new Set(
  "reshape cast full expand add sub mul abs sign where less lessEqual".split(" "),
);

/**
 * A classifier's scores [N, classes] behind its output: the output itself, or what its final softmax takes.
 *
 * Attributions explain the score before softmax, since a probability also rises when other classes lose (Simonyan et
 * al. 2013, arXiv:1312.6034, section 2).
 *
 * @throws ArgumentError if the output is more than one number for each class.
 */
export function classScores(output: Tensor): Tensor {
  const [count, classes = 0, ...rest] = output.shape;
  if (output.rank < 2 || classes < 1 || rest.some((extent) => extent !== 1)) {
    throw new ArgumentError(
      `the network is no classifier: its output is [${output.shape.join(", ")}], not [N, classes]`,
    );
  }
  return reshape(beforeSoftmax(output), [count!, classes]);
}

function beforeSoftmax(output: Tensor): Tensor {
  const behind = tensorsBehind(output, new Set());
  const last = behind.findLast(({ source }) => source.kind === "node" && softmaxes.has(source.op.name));
  if (last?.source.kind !== "node" || last.size !== output.size) return output;
  const after = new Set<Tensor>([last]);
  for (const tensor of behind) {
    const { source } = tensor;
    if (source.kind !== "node" || tensor === last || !source.inputs.some((input) => after.has(input)))
      continue;
    if (!harmless.has(source.op.name) || tensor.size !== output.size) return output;
    after.add(tensor);
  }
  return last.source.inputs[0]!;
}
