import type { Shape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { BlurPoolOptions } from "./blur-pool2d.ts";
import { BlurredConv2d } from "./blurred-conv2d.ts";
import { Conv2d } from "./conv2d.ts";
import { withForwardObserver } from "./forward-calls.ts";
import { MaxBlurPool2d } from "./max-blur-pool2d.ts";
import { MaxPool2d } from "./max-pool2d.ts";
import type { Module } from "./module.ts";

export interface AntialiasOptions extends Omit<BlurPoolOptions, "stride"> {
  /** Says which layers stay as they are; the authors keep the first convolution of an ImageNet network. */
  readonly keep?: (path: string, layer: Module) => boolean;
}

/**
 * Makes the strided layers of a network antialiased, in place: max pooling becomes {@link MaxBlurPool2d}, a strided
 * {@link Conv2d} becomes {@link BlurredConv2d}.
 *
 * All parameters stay, with their names, so weights are best loaded before; the blurs' filters are new buffers. The blur
 * follows the convolution itself, where the paper puts it behind the activation. A network that was trained without it
 * should be trained on. What a network's own code samples, such as a shortcut that takes every other element, stays.
 *
 * Zhang: Making Convolutional Networks Shift-Invariant Again (2019), section 3.2.
 *
 * @param input the shape of an input, [N, C, H, W], since the channels of a pooling show only when it is called.
 * @returns the paths of the layers that were replaced.
 * @throws ArgumentError for strides that differ between rows and columns; ShapeError for an input that does not fit.
 */
export function antialias(model: Module, input: Shape, options: AntialiasOptions = {}): string[] {
  const { keep = () => false, ...blur } = options;
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  const replacements = new Map<Module, Module>();
  // In eval mode, so that the look at an input that has no values leaves running statistics alone.
  const modes = [...paths.keys()].map((module) => [module, module.training] as const);
  model.eval();
  withForwardObserver(
    (module, [x]) => {
      const path = paths.get(module);
      if (path === undefined || replacements.has(module) || keep(path, module)) return;
      const replacement = antialiased(module, x!.shape[1]!, blur);
      if (replacement) replacements.set(module, replacement);
    },
    () => model.forward(Tensor.input({ shape: input, dtype: "float32" })),
  );
  for (const [module, mode] of modes) module.train(mode);
  for (const [module, replacement] of replacements) replacement.train(module.training);
  for (const module of paths.keys()) replaceIn(module as unknown as Record<string, unknown>, replacements);
  return [...replacements.keys()].map((module) => paths.get(module)!);
}

function antialiased(module: Module, channels: number, blur: BlurPoolOptions): Module | undefined {
  const strided = (stride: unknown): boolean => [stride].flat().some((s) => (s as number) > 1);
  if (module instanceof MaxPool2d && strided(module.options.stride ?? module.kernelSize)) {
    return new MaxBlurPool2d(channels, module.kernelSize, module.options, blur);
  }
  if (module instanceof Conv2d && strided(module.options.stride ?? 1)) {
    return new BlurredConv2d(module, blur);
  }
  return undefined;
}

/** Puts replacements where a module, an array or a record holds what they replace. */
function replaceIn(holder: Record<string, unknown>, replacements: ReadonlyMap<Module, Module>): void {
  for (const [key, value] of Object.entries(holder)) {
    const replacement = replacements.get(value as Module);
    if (replacement) holder[key] = replacement;
    else if (Array.isArray(value) || (value && Object.getPrototypeOf(value) === Object.prototype)) {
      replaceIn(value as Record<string, unknown>, replacements);
    }
  }
}
