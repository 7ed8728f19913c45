import type { WorkOptions } from "../work.ts";
import type { CamOptions } from "./cam.ts";
import type { IntegratedGradientsOptions } from "./integrated-gradients.ts";
import type { OcclusionOptions } from "./occlusion.ts";
import type { SmoothGradOptions } from "./smooth-grad.ts";
import type { Subject } from "./subject.ts";

export type AttributionMethod =
  | "gradient"
  | "gradient-x-input"
  | "integrated-gradients"
  | "smooth-grad"
  | "guided-backprop"
  | "occlusion"
  | "grad-cam"
  | "grad-cam++"
  | "score-cam";

export interface AttributionOptions
  extends CamOptions,
    IntegratedGradientsOptions,
    OcclusionOptions,
    SmoothGradOptions,
    WorkOptions {}

/** What a method finds, before the facts about the decision are added. */
export interface Heat {
  /** [H, W]: how much each pixel matters for the class. */
  readonly values: Float32Array;
  /** Whether negative values speak against the class; without sign, all are at least 0. */
  readonly signed: boolean;
  /** [C, H, W] where the method tells the channels apart. */
  readonly perChannel?: Float32Array;
  /** Where the map was made, before it was scaled to the image. */
  readonly coarse?: { readonly layer: string; readonly height: number; readonly width: number } & {
    readonly values: Float32Array;
  };
  /** For methods that share the score out: Σ values beside f(x) − f(baseline), which it should be. */
  readonly completeness?: { readonly sum: number; readonly difference: number };
}

/** A map of the pixels that spoke for a class. */
export interface Attribution extends Heat {
  readonly method: AttributionMethod;
  readonly height: number;
  readonly width: number;
  readonly class: number;
  /** The class's score before softmax. */
  readonly score: number;
  readonly probability: number;
}

/** One way to explain a decision. */
export interface MethodDefinition {
  /** As people write it: `Grad-CAM`. */
  readonly title: string;
  readonly paper: string;
  readonly explain: (subject: Subject, options: AttributionOptions) => Promise<Heat>;
}
