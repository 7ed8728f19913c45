import { ArgumentError } from "../core/errors.ts";
import { type Graph, GraphBuilder, type GraphNode } from "../core/graph.ts";
import { type AnyOp, type Attrs, opNamed } from "../core/op.ts";
import { sameShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { constant } from "../ops/constant.ts";
import type { ConvolutionForm, ConvolutionSize } from "./convolution-form.ts";
import { lowerings } from "./lower/index.ts";
import { type RewriteContext, rewrites } from "./rewrite.ts";
import { fixedInputs, isStable } from "./stable.ts";

/** Ops that a backend must have a kernel of its own for. */
export const opaqueOps: ReadonlySet<string> = new Set([
  "randomBits",
  "constant",
  "scatterAdd",
  "winogradSlices",
  "winogradFilterGradient",
  "fourierSlices",
  "fourierOutputs",
]);

/** What a backend wants of the graph that it gets. */
export interface ExpandOptions {
  /** How many columns of a product lie side by side in memory, where there are `columns` of them. */
  panelWidth(columns: number): number;
  /** Whether to leave out what changes rounding beyond the order of sums. */
  readonly exact: boolean;
  /** The form in which a convolution, or the gradient of its filters, is computed. */
  convolutionForm(size: ConvolutionSize): ConvolutionForm;
}

/** Rewrites a graph until every op is one that kernels are made of, and simplifies on the way. */
export function expandGraph(graph: Graph, options: ExpandOptions): Graph {
  const expander = new Expander(graph, options);
  return expander.run();
}

class Expander {
  readonly #graph: Graph;
  readonly #options: ExpandOptions;
  readonly #builder: GraphBuilder = new GraphBuilder();
  readonly #stable = new Map<number, boolean>();
  /** Where the nodes of the graph, and the operands of the ops being rewritten, are in the new graph. */
  readonly #positions: number[] = [];
  readonly #places = new Map<Tensor, number>();
  readonly #uses: number[];

  constructor(graph: Graph, options: ExpandOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#uses = graph.nodes.map(() => 0);
    for (const { inputs } of graph.nodes) for (const input of inputs) this.#uses[input]!++;
    for (const { node } of graph.outputs) this.#uses[node]!++;
  }

  run(): Graph {
    const { nodes, outputs } = this.#graph;
    const fixed = fixedInputs(this.#graph);
    nodes.forEach((node, n) => {
      if (node.op === "input") {
        const position = this.#builder.input(node, "lasting" in node.attrs);
        this.#stable.set(position, fixed.has(n));
        this.#positions.push(position);
        return;
      }
      const operands = node.inputs.map((input) => this.#positions[input]!);
      const sole = node.inputs.map((input) => this.#uses[input] === 1);
      this.#positions.push(this.#add(opNamed(node.op), operands, node.attrs, sole));
    });
    return withoutUnused(
      this.#builder.finish(outputs.map((output) => ({ ...output, node: this.#positions[output.node]! }))),
    );
  }

  #add(op: AnyOp, inputs: readonly number[], attrs: Attrs, sole: readonly boolean[] = []): number {
    const placeholders = inputs.map((input) => this.#placeholder(input));
    const rewritten = rewrites.get(op.name)?.(placeholders, attrs, this.#context(placeholders, sole));
    if (rewritten) return this.#splice(rewritten);
    if (lowerings.has(op.name) || opaqueOps.has(op.name)) return this.#simplified(op, inputs, attrs);
    if (!op.decompose) {
      throw new ArgumentError(
        `${op.name}: there is neither a kernel nor a decomposition; give the op a decompose`,
      );
    }
    return this.#splice(op.decompose(placeholders, attrs));
  }

  /** A tensor that stands for a node of the new graph. */
  #placeholder(position: number): Tensor {
    const tensor = Tensor.input(this.#node(position));
    this.#places.set(tensor, position);
    return tensor;
  }

  #context(placeholders: readonly Tensor[], sole: readonly boolean[]): RewriteContext {
    const place = (tensor: Tensor): number => this.#places.get(tensor)!;
    return {
      ...this.#options,
      panelWidth: (columns) => this.#options.panelWidth(columns),
      convolutionForm: (size) => this.#options.convolutionForm(size),
      sourceOf: (tensor) => {
        const { op, attrs, inputs } = this.#node(place(tensor));
        return { op, attrs, inputs: () => inputs.map((input) => this.#placeholder(input)) };
      },
      isStable: (tensor) => this.#isStable(place(tensor)),
      isSole: (tensor) => sole[placeholders.indexOf(tensor)] ?? false,
    };
  }

  /** Whether a node's value stays the same from run to run, as long as variables that nobody writes do. */
  #isStable(position: number): boolean {
    const known = this.#stable.get(position);
    if (known !== undefined) return known;
    const stable = isStable(this.#node(position), (input) => this.#isStable(input));
    this.#stable.set(position, stable);
    return stable;
  }

  /** Adds the tensors behind `output`, down to placeholders. */
  #splice(output: Tensor): number {
    const known = this.#places.get(output);
    if (known !== undefined) return known;
    if (output.source.kind === "value") {
      return this.#splice(constant(output.source.storage.read(), output.shape, output.dtype));
    }
    if (output.source.kind !== "node")
      throw new ArgumentError(`a decomposition used ${output}, which is no operand`);
    const { op, inputs: operands, attrs } = output.source;
    const position = this.#add(
      op,
      operands.map((operand) => this.#splice(operand)),
      attrs,
    );
    this.#places.set(output, position);
    return position;
  }

  #node(position: number): GraphNode {
    return this.#builder.nodes[position]!;
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
    if (op.name === "concat") {
      const joined = this.#joined(inputs, attrs);
      if (joined.length > inputs.length) return this.#builder.add("concat", joined, attrs);
    }
    const [a, b] = constants;
    if (op.name === "add" && a === 0) return inputs[1]!;
    if ((op.name === "add" || op.name === "sub") && b === 0) return inputs[0]!;
    if (op.name === "mul" && a === 1) return inputs[1]!;
    if ((op.name === "mul" || op.name === "div") && b === 1) return inputs[0]!;
    const first = nodes[0];
    if (["reshape", "expand"].includes(op.name) && sameShape(first!.shape, spec.shape)) return inputs[0]!;
    if (op.name === "reshape" && first!.op === "reshape")
      return this.#builder.add("reshape", first!.inputs, attrs);
    return this.#builder.add(op.name, inputs, attrs);
  }

  /** The operands of a concatenation, with those of concatenations along the same axis among them. */
  #joined(inputs: readonly number[], attrs: Attrs): number[] {
    const { axis } = attrs as { axis: number };
    return inputs.flatMap((input) => {
      const node = this.#node(input);
      return node.op === "concat" && (node.attrs as { axis: number }).axis === axis
        ? [...node.inputs]
        : [input];
    });
  }

  #full(value: number, { shape, dtype }: { shape: readonly number[]; dtype: string }): number {
    return this.#builder.add("full", [], { value, shape, dtype });
  }
}

/** The graph without nodes that no output needs; inputs stay. */
function withoutUnused({ nodes, inputs, outputs }: Graph): Graph {
  const live = new Set([...inputs, ...outputs.map(({ node }) => node)]);
  for (let n = nodes.length - 1; n >= 0; n--)
    if (live.has(n)) for (const input of nodes[n]!.inputs) live.add(input);
  const position = new Map([...live].sort((a, b) => a - b).map((n, i) => [n, i]));
  const moved = (n: number): number => position.get(n)!;
  return {
    nodes: nodes.filter((_, n) => live.has(n)).map((node) => ({ ...node, inputs: node.inputs.map(moved) })),
    inputs: inputs.map(moved),
    outputs: outputs.map((output) => ({ ...output, node: moved(output.node) })),
  };
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
