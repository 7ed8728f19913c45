import { ArgumentError } from "../core/errors.ts";
import { type Graph, GraphBuilder, type GraphNode } from "../core/graph.ts";
import { type AnyOp, type Attrs, opNamed } from "../core/op.ts";
import { sameShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { lowerings } from "./lower/index.ts";
import { rewrites } from "./rewrite.ts";

/** Ops that a backend must have a kernel of its own for. */
export const opaqueOps: ReadonlySet<string> = new Set(["randomBits", "constant", "scatterAdd"]);

/** Rewrites a graph until every op is one that kernels are made of, and simplifies on the way. */
export function expandGraph(graph: Graph): Graph {
  const expander = new Expander();
  const positions: number[] = [];
  for (const { op, inputs, attrs, shape, dtype } of graph.nodes) {
    positions.push(
      op === "input"
        ? expander.builder.input({ shape, dtype })
        : expander.add(
            opNamed(op),
            inputs.map((input) => positions[input]!),
            attrs,
          ),
    );
  }
  return expander.builder.finish(
    graph.outputs.map((output) => ({ ...output, node: positions[output.node]! })),
  );
}

class Expander {
  readonly builder: GraphBuilder = new GraphBuilder();

  add(op: AnyOp, inputs: readonly number[], attrs: Attrs): number {
    const placeholders = inputs.map((input) => Tensor.input(this.#node(input)));
    const rewritten = rewrites.get(op.name)?.(placeholders, attrs);
    if (rewritten) return this.#splice(rewritten, placeholders, inputs);
    if (lowerings.has(op.name) || opaqueOps.has(op.name)) return this.#simplified(op, inputs, attrs);
    if (!op.decompose) {
      throw new ArgumentError(
        `${op.name}: there is neither a kernel nor a decomposition; give the op a decompose`,
      );
    }
    return this.#splice(op.decompose(placeholders, attrs), placeholders, inputs);
  }

  /** Adds the tensors behind `output`, whose leaves are `placeholders`. */
  #splice(output: Tensor, placeholders: readonly Tensor[], inputs: readonly number[]): number {
    const positions = new Map<Tensor, number>();
    placeholders.forEach((placeholder, i) => {
      positions.set(placeholder, inputs[i]!);
    });
    const visit = (tensor: Tensor): number => {
      const known = positions.get(tensor);
      if (known !== undefined) return known;
      if (tensor.source.kind === "value") {
        const values = Array.from(tensor.source.storage.read());
        return this.builder.add("constant", [], { values, shape: tensor.shape, dtype: tensor.dtype });
      }
      if (tensor.source.kind !== "node")
        throw new ArgumentError(`a decomposition used ${tensor}, which is no operand`);
      const { op, inputs: operands, attrs } = tensor.source;
      const position = this.add(op, operands.map(visit), attrs);
      positions.set(tensor, position);
      return position;
    };
    return visit(output);
  }

  #node(position: number): GraphNode {
    return this.builder.nodes[position]!;
  }

  #simplified(op: AnyOp, inputs: readonly number[], attrs: Attrs): number {
    const nodes = inputs.map((input) => this.#node(input));
    const spec = op.shape(nodes, attrs);
    const constants = nodes.map(constantOf);
    const kind = lowerings.get(op.name)?.kind;
    if (nodes.length > 0 && constants.every((value) => value !== undefined)) {
      if (kind === "elementwise") return this.#full(evaluate(op, nodes, attrs), spec);
      if (["reshape", "permute", "expand", "slice"].includes(op.name)) return this.#full(constants[0]!, spec);
    }
    const [a, b] = constants;
    if (op.name === "add" && a === 0) return inputs[1]!;
    if ((op.name === "add" || op.name === "sub") && b === 0) return inputs[0]!;
    if (op.name === "mul" && a === 1) return inputs[1]!;
    if ((op.name === "mul" || op.name === "div") && b === 1) return inputs[0]!;
    const first = nodes[0];
    if (["reshape", "expand"].includes(op.name) && sameShape(first!.shape, spec.shape)) return inputs[0]!;
    if (op.name === "reshape" && first!.op === "reshape")
      return this.builder.add("reshape", first!.inputs, attrs);
    return this.builder.add(op.name, inputs, attrs);
  }

  #full(value: number, { shape, dtype }: { shape: readonly number[]; dtype: string }): number {
    return this.builder.add("full", [], { value, shape, dtype });
  }
}

function constantOf(node: GraphNode): number | undefined {
  return node.op === "full" ? (node.attrs as { value: number }).value : undefined;
}

/** The one value of an elementwise op on constants, by the op's own reference loop. */
function evaluate(op: AnyOp, nodes: readonly GraphNode[], attrs: Attrs): number {
  const single = (node: { dtype: GraphNode["dtype"] }, value: number): Parameters<AnyOp["reference"]>[2] => ({
    shape: [],
    dtype: node.dtype,
    data: Float64Array.of(value),
  });
  const out = single(op.shape(nodes, attrs), 0);
  op.reference(
    nodes.map((node) => single(node, constantOf(node)!)),
    attrs,
    out,
  );
  return out.data[0]!;
}
