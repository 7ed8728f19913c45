import { gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { interpolate } from "../../ops/interpolate.ts";
import { reshape } from "../../ops/movement.ts";
import { activationsOf } from "../activations.ts";
import { type LayerCall, type LayerTrace, requireCall } from "../trace-layers.ts";
import type { Heat } from "./attribution.ts";
import { type Subject, scoreOf } from "./subject.ts";

export interface CamOptions {
  /** The layer whose maps are weighed; default the last one with spatial extent. */
  readonly layer?: string;
}

/**
 * The layer whose maps a class activation map weighs.
 *
 * @throws ArgumentError if there is none of that name, or its output is not [N, C, H, W] with more than one place.
 */
export function camLayer(trace: LayerTrace, name: string | undefined): LayerCall {
  if (name === undefined) {
    const last = activationsOf(trace).findLast(({ output }) => isSpatial(output));
    if (last) return last;
    throw new ArgumentError("no layer of the network has maps [N, C, H, W] with more than one place");
  }
  const found = requireCall(trace, name);
  if (isSpatial(found.output)) return found;
  throw new ArgumentError(
    `the layer "${name}" makes [${found.output.shape.join(", ")}], which has no spatial extent: class activation maps ` +
      "need [N, C, H, W]",
  );
}

function isSpatial({ shape }: Tensor): boolean {
  return shape.length === 4 && shape[2]! * shape[3]! > 1;
}

/** Makes a map [1, 1, h, w] of a layer's maps [1, K, h, w] and the score's gradient with respect to them. */
export type Weighing = (maps: Tensor, slopes: Tensor) => Tensor;

/** A class activation map from the gradient of the score at a layer. */
export async function gradientCam(subject: Subject, { layer }: CamOptions, weigh: Weighing): Promise<Heat> {
  let name = "";
  const run = compile((image: Tensor, target: Tensor) => {
    const { score, trace } = scoreOf(subject.model, image, target);
    const { output, name: found } = camLayer(trace, layer);
    name = found;
    return weigh(output, gradients(score, [output])[0]!);
  });
  return spread(await run(subject.image, subject.target), name, subject);
}

/** A map [1, 1, h, w] scaled to the image. */
export async function spread(map: Tensor, layer: string, { height, width }: Subject): Promise<Heat> {
  const [, , h, w] = map.shape as [number, number, number, number];
  const values = (await map.data()) as Float32Array;
  const coarse = tensor(values, { shape: [1, 1, h, w] });
  const wide = interpolate(coarse, { size: [height, width], mode: "bilinear" });
  return {
    values: (await reshape(wide, [height * width]).data()) as Float32Array,
    signed: false,
    coarse: { layer, height: h, width: w, values },
  };
}
