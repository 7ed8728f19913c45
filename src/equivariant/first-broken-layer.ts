import { compile } from "../compiler/compile.ts";
import type { Backend } from "../core/backend.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import type { Module } from "../nn/module.ts";
import { sub } from "../ops/arithmetic.ts";
import { cast } from "../ops/like.ts";
import { abs } from "../ops/math.ts";
import { max } from "../ops/reduce.ts";
import { actOnField } from "./act-on-field.ts";
import { relativeTo } from "./difference.ts";
import { actOnGrid } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { FieldType } from "./steerable/field-type.ts";

/** A layer's output that does not transform with the network's input. */
export interface BrokenLayer {
  /** Such as `layer1.0.conv1`; "" is the network itself. */
  readonly path: string;
  /** The layer as `toString` writes it, without the layers in it. */
  readonly layer: string;
  readonly outputShape: readonly number[];
  /** The error of the law that fits the output best. */
  readonly relative: number;
}

export interface Law {
  readonly group: Group;
  readonly element: number;
  readonly tolerance: number;
}

interface Call {
  readonly module: Module;
  readonly output: Tensor;
}

/** Inner layers may sum up more numbers than the last one: rounding is allowed this many times the tolerance there. */
const leeway = 10;

/**
 * The first call of a layer, in the order in which they end, whose output follows none of the laws that it can: to stay
 * as it is, to turn as images do, or as feature maps on the group (or as fields of the type `told`).
 */
export async function firstBrokenLayer(
  model: Module,
  x: Tensor,
  { group, element, tolerance }: Law,
  told: FieldType | undefined,
  backend: Backend,
): Promise<BrokenLayer | undefined> {
  const exact = backend.name === "reference";
  let calls: readonly Call[] = [];
  const measure = compile(
    (image: Tensor) => {
      const straight = callsOf(model, image);
      const moved = callsOf(model, actOnGrid(image, group, element));
      calls = straight;
      return straight.map(({ output }, i) =>
        lawsOf(output, group, told).map((law) => {
          const expected = actOnField(real(output, exact), law, element);
          return [largest(sub(real(moved[i]!.output, exact), expected)), largest(expected)];
        }),
      );
    },
    { backend },
  );
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  const errors = await measure(x);
  for (const [i, { module, output }] of calls.entries()) {
    const path = paths.get(module);
    const laws = await Promise.all(
      errors[i]!.map(async ([apart, scale]) => relativeTo(await apart!.item(), await scale!.item())),
    );
    const relative = Math.min(...laws);
    if (path === undefined || laws.length === 0 || relative <= leeway * tolerance) continue;
    const [layer] = String(module).split("\n");
    return { path, layer: layer!, outputShape: output.shape, relative };
  }
  return undefined;
}

function callsOf(model: Module, x: Tensor): Call[] {
  const calls: Call[] = [];
  withForwardObserver(
    (module, _, output) => calls.push({ module, output }),
    () => model.forward(x),
  );
  return calls;
}

function lawsOf({ shape }: Tensor, group: Group, told: FieldType | undefined): FieldType[] {
  const [, channels, height, width] = shape;
  const isMap = shape.length === 4 && height === width;
  if (!(isMap || shape.length === 2) || sizeOf(shape) === 0) return [];
  const laws = [FieldType.trivial(group, channels!)];
  if (channels! % group.order === 0) laws.push(FieldType.regular(group, channels! / group.order));
  if (told?.channels === channels) laws.push(told);
  return laws;
}

const real = (x: Tensor, exact: boolean): Tensor => cast(x, exact ? "float64" : "float32");
const largest = (x: Tensor): Tensor => max(abs(x));
