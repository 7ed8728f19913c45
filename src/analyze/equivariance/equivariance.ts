import { compile } from "../../compiler/compile.ts";
import type { Backend } from "../../core/backend.ts";
import { ShapeError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import { Tensor, tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import { withMode } from "../../nn/with-mode.ts";
import { type LayerCall, requireCall, traceLayers } from "../trace-layers.ts";
import { reached, type WorkOptions } from "../work.ts";
import { ErrorSum, type MeasuredError } from "./error-sum.ts";
import { judgeOf } from "./judge-transformation.ts";
import { planesOf } from "./planes.ts";
import { resampleMaps, resamplingOf } from "./resampling.ts";
import type { Transformation } from "./transformations.ts";
import type { Judgement, Verdict } from "./verdict.ts";

export interface EquivarianceOptions extends WorkOptions {
  readonly transformations: readonly Transformation[];
  /** Names of calls as {@link traceLayers} gives them; default: every tensor that a layer makes. */
  readonly layers?: readonly string[] | undefined;
  /**
   * What computes the network; default the backend in use. Only one with `precision: "exact"` does the same arithmetic
   * at every position: Winograd's form of 3 × 3 convolutions rounds by the position in a tile.
   */
  readonly backend?: Backend | undefined;
}

/** One layer under one transformation T; y(x) is the layer's output for the network's input x. */
export interface LayerEquivariance extends MeasuredError {
  readonly name: string;
  /** Class of the layer, or the operator that it stands for. */
  readonly type: string;
  /** Of the output for one image. */
  readonly shape: readonly number[];
  /** Whether y(T x) was compared with T y(x), or, where y has no positions, with y(x). */
  readonly law: "equivariance" | "invariance";
  readonly verdict: Verdict;
}

export interface EquivarianceReport {
  readonly transformation: Transformation;
  readonly layers: readonly LayerEquivariance[];
  /** ‖f(T x) − f(x)‖ / ‖f(x)‖ of the network's output, where its positions are not moved. */
  readonly invarianceError: number;
  /** The share of images of which the largest output stays the same (Zhang 2019, section 4.1). */
  readonly consistency: number;
}

/** Bytes of layers' outputs that are held at a time, for one image. */
const bytesAtOnce = 96e6;

/**
 * Measures the law y(T x) = T y(x) for each layer's output y and each transformation T, and judges it by theory.
 *
 * T acts on a map of stride s as it does on the image, a shift by t pixels as one by t / s positions; where that is no
 * whole number, neighbours are interpolated linearly. Errors are relative, in the Euclidean norm, over all positions to
 * which T brings something, and over the interior, which no padding and no edge of the image reaches. The network runs
 * in eval mode.
 *
 * @param images [N, C, H, W].
 * @throws ShapeError for images of other axes, and quarter turns of maps that are not square; ArgumentError for a layer
 *   that is not there.
 */
export async function equivariance(
  model: Module,
  images: Tensor,
  options: EquivarianceOptions,
): Promise<EquivarianceReport[]> {
  if (images.rank !== 4)
    throw new ShapeError("equivariance", "images must be [N, C, H, W]", { images: images.shape });
  return withMode(model, false, () => measure(model, images, options));
}

async function measure(
  model: Module,
  images: Tensor,
  options: EquivarianceOptions,
): Promise<EquivarianceReport[]> {
  const { transformations, backend } = options;
  const values = await images.data();
  const [count, ...imageShape] = images.shape as [number, number, number, number];
  const image = Tensor.input({ shape: [1, ...imageShape], dtype: images.dtype });
  const [height, width] = [imageShape[1]!, imageShape[2]!];
  const onImage = transformations.map((transformation) =>
    resamplingOf(transformation, { height, width, step: [1, 1], image: [height, width] }),
  );
  await settleParameters(model);
  const { chosen, calls, output } = chooseCalls(model, image, options.layers);
  const chunks = chunksOf(chosen);
  const subjects = transformations.map((transformation) => {
    const judgements = judgeCalls(calls, chosen, judgeOf(image, transformation));
    return chosen.map((call, i) => new Subject(call, judgements[i]!));
  });
  const outputs = transformations.map(() => new ErrorSum(1, 1));
  const same = transformations.map(() => 0);
  const total = chunks.length * count * (1 + transformations.length);
  let done = 0;
  for (const [c, chunk] of chunks.entries()) {
    const last = c === chunks.length - 1;
    const run = compile(
      (x: Tensor) => {
        const { calls, output: y } = traceLayers(model, x);
        return [...chunk.map((i) => calls[chosen[i]!.index]!.output), ...(last ? [y] : [])];
      },
      backend ? { backend } : {},
    );
    const compute = async (x: Float32Array): Promise<ArrayLike<number>[]> => {
      const results = await run(tensor(x, { shape: image.shape }));
      await reached(++done / total, options);
      return Promise.all(results.map((result) => result.data()));
    };
    for (let n = 0; n < count; n++) {
      const size = sizeOf(imageShape);
      const x = Float32Array.from(values.subarray(n * size, (n + 1) * size));
      const plain = await compute(x);
      for (const [t, resampling] of onImage.entries()) {
        const moved = await compute(resampleMaps(x, resampling));
        for (const [k, i] of chunk.entries()) subjects[t]![i]!.add(plain[k]!, moved[k]!);
        if (!last) continue;
        outputs[t]!.add(Float32Array.from(moved.at(-1)!), Float32Array.from(plain.at(-1)!));
        if (sizeOf(output.shape) > 0 && largest(moved.at(-1)!) === largest(plain.at(-1)!)) same[t]!++;
      }
    }
  }
  return transformations.map((transformation, t) => ({
    transformation,
    layers: subjects[t]!.map((subject) => subject.result()),
    invarianceError: outputs[t]!.result().error,
    consistency: same[t]! / count,
  }));
}

interface ChosenCall extends LayerCall {
  /** Among all calls of the trace. */
  readonly index: number;
}

function chooseCalls(
  model: Module,
  image: Tensor,
  names: readonly string[] | undefined,
): { chosen: ChosenCall[]; calls: readonly LayerCall[]; output: Tensor } {
  const trace = traceLayers(model, image);
  const all = trace.calls.map((call, index) => ({ ...call, index }));
  if (names !== undefined) {
    const chosen = names.map((name) => all[trace.calls.indexOf(requireCall(trace, name))]!);
    return { chosen, ...trace };
  }
  const seen = new Set<Tensor>([image]);
  const chosen = all.filter(({ output }) => !seen.has(output) && seen.add(output) !== undefined);
  return { chosen, ...trace };
}

/** Parameters of a new network are promises; the theory reads the values of filters. */
async function settleParameters(model: Module): Promise<void> {
  for (const variable of [...model.parameters(), ...model.namedBuffers().values()]) {
    if (variable.value.source.kind !== "value") await variable.value.data();
  }
}

/** Positions of calls in groups whose outputs together take a bounded number of bytes. */
function chunksOf(calls: readonly ChosenCall[]): number[][] {
  const chunks: number[][] = [[]];
  let bytes = 0;
  calls.forEach(({ output }, i) => {
    const more = 4 * sizeOf(output.shape);
    if (bytes + more > bytesAtOnce && bytes > 0) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(i);
    bytes += more;
  });
  return chunks;
}

function largest(values: ArrayLike<number>): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[at]!) at = i;
  return at;
}

/**
 * What theory says of the chosen calls. Where the law broke before, the verdict names the layer in which it did: what
 * comes later may mend it, as pooling over a group of filters does.
 */
function judgeCalls(
  calls: readonly LayerCall[],
  chosen: readonly ChosenCall[],
  judge: (tensor: Tensor) => Judgement,
): Judgement[] {
  const origins = new Map<string, string>();
  for (const { name, output } of calls) {
    const { reason } = judge(output);
    if (reason !== undefined && !origins.has(reason)) origins.set(reason, name);
  }
  return chosen.map(({ name, output }) => {
    const judgement = judge(output);
    const origin = judgement.reason === undefined ? undefined : origins.get(judgement.reason);
    if (origin === undefined || origin === name || origin === "") return judgement;
    const text = `no law is known: in ${origin}, ${judgement.reason}`;
    return { ...judgement, verdict: { ...judgement.verdict, text } };
  });
}

/** One layer under one transformation, while errors are added up. */
class Subject {
  readonly #call: LayerCall;
  readonly #judgement: Judgement;
  readonly #sum: ErrorSum;

  constructor(call: LayerCall, judgement: Judgement) {
    const { height, width, known } = judgement.resampling;
    this.#call = call;
    this.#judgement = judgement;
    this.#sum = new ErrorSum(height, width, known, judgement.interior);
  }

  add(plain: ArrayLike<number>, moved: ArrayLike<number>): void {
    const { axes, resampling } = this.#judgement;
    const { shape } = this.#call.output;
    this.#sum.add(planesOf(moved, shape, axes), resampleMaps(planesOf(plain, shape, axes), resampling));
  }

  result(): LayerEquivariance {
    const { name, module, output } = this.#call;
    const { verdict, moves } = this.#judgement;
    return {
      name,
      type: module.typeName,
      shape: output.shape.slice(1),
      law: moves ? "equivariance" : "invariance",
      verdict,
      ...this.#sum.result(),
    };
  }
}
