import { ArgumentError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import { withMode } from "../../nn/with-mode.ts";
import type { Attribution, AttributionMethod, AttributionOptions } from "./attribution.ts";
import { attributionMethods } from "./methods.ts";
import { type Subject, subjectOf } from "./subject.ts";

/**
 * Explains why a network gives an image its score for a class: how much each pixel spoke for it.
 *
 * The network runs in evaluation mode. What is explained is the score before softmax.
 *
 * @param image [C, H, W] or [1, C, H, W], prepared as the network takes it.
 * @param options the class (default the most probable), and the method's own settings.
 * @throws ArgumentError for an unknown method, class or layer, a layer without spatial extent, or a network that is no
 * classifier.
 */
export function attribute(
  model: Module,
  image: Tensor,
  method: AttributionMethod,
  options: AttributionOptions & { readonly class?: number } = {},
): Promise<Attribution> {
  return withMode(model, false, async () =>
    attributeTo(await subjectOf(model, image, options.class), method, options),
  );
}

/** Explains a decision that is already made. */
export async function attributeTo(
  subject: Subject,
  method: AttributionMethod,
  options: AttributionOptions = {},
): Promise<Attribution> {
  if (!Object.hasOwn(attributionMethods, method)) {
    const names = Object.keys(attributionMethods);
    throw new ArgumentError(`there is no method "${method}" of attribution${suggestion(method, names)}`);
  }
  const { class: index, score, probability, height, width } = subject;
  const heat = await attributionMethods[method].explain(subject, options);
  return { method, height, width, class: index, score, probability, ...heat };
}
