import { ArgumentError } from "../../core/errors.ts";
import { type Graph, GraphBuilder } from "../../core/graph.ts";
import { type AnyOp, type Attrs, opNamed, type TensorSpec } from "../../core/op.ts";
import { Tensor } from "../../core/tensor.ts";
import { constant } from "../../ops/constant.ts";

/** Whether an operation stays; one that does not is replaced by its decomposition. */
export type Keeps = (op: string, inputs: readonly TensorSpec[], attrs: Attrs) => boolean;

/**
 * The same graph in terms of operations that `keeps` accepts.
 *
 * @throws ArgumentError for an operation that neither stays nor has a decomposition.
 */
export function replaceOps(graph: Graph, keeps: Keeps): Graph {
  const builder = new GraphBuilder();
  const places = new Map<Tensor, number>();

  const add = (op: AnyOp, inputs: readonly number[], attrs: Attrs): number => {
    const specs = inputs.map((input) => builder.nodes[input]!);
    if (keeps(op.name, specs, attrs)) return builder.add(op.name, inputs, attrs);
    if (!op.decompose) {
      throw new ArgumentError(
        `${op.name} has no counterpart in ONNX\n  hint: an op of one's own is exported as its decomposition`,
      );
    }
    const placeholders = inputs.map((input, i) => {
      const placeholder = Tensor.input(specs[i]!);
      places.set(placeholder, input);
      return placeholder;
    });
    return splice(op.decompose(placeholders, attrs));
  };

  /** Adds what stands behind `tensor`, down to placeholders. */
  const splice = (tensor: Tensor): number => {
    const known = places.get(tensor);
    if (known !== undefined) return known;
    const { source, shape, dtype } = tensor;
    if (source.kind === "input") {
      throw new ArgumentError(`a decomposition used ${tensor}, which is no operand`);
    }
    if (source.kind === "value") return splice(constant(source.storage.read(), shape, dtype));
    const position = add(source.op, source.inputs.map(splice), source.attrs);
    places.set(tensor, position);
    return position;
  };

  const positions: number[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => positions[input]!);
    positions.push(node.op === "input" ? builder.input(node) : add(opNamed(node.op), inputs, node.attrs));
  }
  return builder.finish(graph.outputs.map((output) => ({ ...output, node: positions[output.node]! })));
}
