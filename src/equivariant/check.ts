import { compile } from "../compiler/compile.ts";
import { currentBackend, evaluate } from "../compiler/runtime.ts";
import type { Backend } from "../core/backend.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { Generator } from "../ops/generator.ts";
import { cast } from "../ops/like.ts";
import { uniform } from "../ops/random.ts";
import { actOnField } from "./act-on-field.ts";
import { type Difference, differenceOf } from "./difference.ts";
import { type BrokenLayer, firstBrokenLayer } from "./first-broken-layer.ts";
import { actOnGrid, requireGridGroup } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { elementName } from "./group-names.ts";
import { FieldType } from "./steerable/field-type.ts";

export interface CheckOptions {
  /** Computes the model: the standard one unless told; the reference does it in float64. */
  readonly backend?: Backend;
  /** The largest relative error that counts as rounding; default 1e-5, and 1e-10 on the reference backend. */
  readonly tolerance?: number;
  /**
   * How the output transforms. Unless told, an output [N, K] must not change, and one [N, C, H, W] must turn with the
   * input either as images do or as feature maps on the group.
   */
  readonly output?: FieldType;
  /** Images [N, C, H, W] to check with; 2 of numbers in [−1, 1) unless told. */
  readonly images?: Tensor;
  /** Decides the numbers; 0 unless told. */
  readonly seed?: number;
  /** Is told how many elements of the group are done. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the check with the signal's reason as an error. */
  readonly signal?: AbortSignal | undefined;
}

/** How far f(g x) is from g f(x). */
export interface ElementError extends Difference {
  /** Index in the group. */
  readonly element: number;
  /** `90°`, `mirror`, … */
  readonly name: string;
}

export interface Check extends Difference {
  /** Whether no element's relative error is above the tolerance. */
  readonly holds: boolean;
  readonly tolerance: number;
  /** What the output was held to be. */
  readonly output: FieldType;
  readonly outputShape: Shape;
  /** One for each element of the group. */
  readonly elements: readonly ElementError[];
  /** The first layer, in the order in which they end, whose output does not transform with the input. */
  readonly broken: BrokenLayer | undefined;
}

/**
 * Holds a model in evaluation mode to the law f(g x) = g f(x) for all elements g of a group of the grid.
 *
 * @param inputShape [C, H, W] of one image.
 * @throws ArgumentError for a group that the grid cannot carry; ShapeError for an output that is neither [N, K] nor
 * [N, C, H, W], or that has other channels than `output`.
 */
export async function check(
  model: Module,
  group: Group,
  inputShape: Shape,
  options: CheckOptions = {},
): Promise<Check> {
  requireGridGroup(group);
  const { backend = currentBackend(), seed = 0, progress, signal } = options;
  const tolerance = options.tolerance ?? (backend.name === "reference" ? 1e-10 : 1e-5);
  if (!(tolerance >= 0))
    throw new ArgumentError(`check: tolerance must not be negative, but is ${tolerance}`);
  const x =
    options.images ?? uniform([2, ...inputShape], { low: -1, high: 1, generator: new Generator(seed) });
  return withMode(model, false, async () => {
    const moved = group.elements.map((_, g) => actOnGrid(x, group, g));
    const forward = forwardOn(model, backend);
    const y = await forward(x);
    const results: Tensor[] = [];
    for (const each of moved) {
      signal?.throwIfAborted();
      results.push(await forward(each));
      progress?.(results.length, group.order);
    }
    const held = await Promise.all(
      candidates(y, group, options.output).map(async (output) => {
        const elements: ElementError[] = [];
        for (const [element, actual] of results.entries()) {
          const expected = actOnField(y, output, element);
          await evaluate([expected], backend);
          const error = differenceOf(await actual.data(), await expected.data());
          elements.push({ element, name: elementName(group, element), ...error });
        }
        return { output, elements, worst: elements.reduce((a, b) => (b.relative > a.relative ? b : a)) };
      }),
    );
    const { output, elements, worst } = held.reduce((a, b) => (b.worst.relative < a.worst.relative ? b : a));
    const holds = worst.relative <= tolerance;
    const law = { group, element: worst.element, tolerance };
    return {
      holds,
      tolerance,
      output,
      outputShape: y.shape,
      elements,
      absolute: Math.max(...elements.map(({ absolute }) => absolute)),
      relative: worst.relative,
      broken: holds ? undefined : await firstBrokenLayer(model, x, law, options.output, backend),
    };
  });
}

/** The model as one program; on the reference, whose arithmetic is float64, the results are not rounded to float32. */
function forwardOn(model: Module, backend: Backend): (x: Tensor) => Promise<Tensor> {
  return compile(
    (x: Tensor) => {
      const y = model.forward(x);
      return backend.name === "reference" ? cast(y, "float64") : y;
    },
    { backend },
  );
}

/** What an output may be, unless that was told. */
function candidates(y: Tensor, group: Group, told: FieldType | undefined): FieldType[] {
  const [, channels] = y.shape;
  if (y.rank !== 2 && y.rank !== 4) {
    throw new ShapeError("check", "the output is neither [N, K] nor [N, C, H, W]", { output: y.shape });
  }
  if (told) return [told];
  const invariant = FieldType.trivial(group, channels!);
  if (y.rank === 2 || channels! % group.order !== 0 || group.order === 1) return [invariant];
  return [invariant, FieldType.regular(group, channels! / group.order)];
}
