import type { Attr } from "../core/op.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { tensorsBehind } from "../core/tensors-behind.ts";
import type { LayerCall } from "./trace-layers.ts";

/** The convolutions, plain and transposed, that a layer computes itself. */
export function convolutionsOf({ output, inputs }: Pick<LayerCall, "output" | "inputs">): Tensor[] {
  return tensorsBehind(output, new Set(inputs)).filter(
    ({ source }) => source.kind === "node" && isConvolution(source.op.name),
  );
}

/** The spatial extents of the window of a layer's convolution or pooling; undefined where it has none, or several. */
export function kernelShapeOf({ output, inputs }: LayerCall): Shape | undefined {
  const found = tensorsBehind(output, new Set(inputs)).flatMap(({ source }): Shape[] => {
    if (source.kind !== "node") return [];
    if (isConvolution(source.op.name)) return [source.inputs[1]!.shape.slice(2)];
    const { kernel } = source.attrs as { readonly kernel?: Attr };
    return isPooling(source.op.name) ? [kernel as readonly number[]] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

function isConvolution(op: string): boolean {
  return op === "conv" || op === "convInputGrad";
}

function isPooling(op: string): boolean {
  return op === "maxPool" || op === "avgPool";
}
