import { FieldType } from "../equivariant/steerable/field-type.ts";
import type { Ring } from "../equivariant/steerable/rings.ts";
import { type Steered, type SteeringError, steeringError } from "../equivariant/steerable/steering-error.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import { type Statistics, statistics } from "./statistics.ts";
import { builders, c8, c16, lift, ordinary, width } from "./steering-networks.ts";

/** The detail of images where it is not what changes, in periods a pixel. */
export const usualDetail = 0.1;

/** Errors of one layer over the seeds. */
export interface Measured {
  readonly error: Statistics;
  readonly centre: Statistics;
  readonly interpolation: Statistics;
}

export interface KernelRow {
  readonly kernelSize: number;
  /** 90°, with the usual detail. */
  readonly quarter: Statistics;
  /** 45° for each detail. */
  readonly eighth: readonly Measured[];
}

export async function measureKernels(
  context: LabContext,
  kernelSizes: readonly number[],
  details: readonly number[],
): Promise<KernelRow[]> {
  const rows: KernelRow[] = [];
  for (const [i, kernelSize] of kernelSizes.entries()) {
    const place = part(context, `${kernelSize}×${kernelSize}`, i, kernelSizes.length);
    const eighth: Measured[] = [];
    let quarter: Statistics | undefined;
    for (const [d, detail] of details.entries()) {
      const inner = part(place, `detail ${detail}`, d, details.length);
      const [at45, at90] = await measure(inner, () => lift(kernelSize), [1, 2], detail);
      eighth.push(at45!);
      if (detail === usualDetail) quarter = at90!.error;
    }
    rows.push({ kernelSize, quarter: quarter!, eighth });
  }
  return rows;
}

/** 45° through an ordinary convolution, whose channels are taken for fields of C8. */
export async function measureOrdinary(context: LabContext): Promise<Measured> {
  const types = { inType: FieldType.trivial(c8, 1), outType: FieldType.regular(c8, width / 8) };
  const [at45] = await measure(context, () => ordinary(1), [1], usualDetail, types);
  return at45!;
}

export interface RingsRow {
  readonly kernelSize: number;
  readonly rings: readonly Ring[];
  /** Weights from one scalar field to one regular one. */
  readonly weights: number;
  readonly eighth: Measured;
}

const ring = (radius: number, sigma: number, maxFrequency: number): Ring => ({ radius, sigma, maxFrequency });

/** Rings to compare, on kernels that hold them with their tails and on smaller ones. */
const ringChoices: readonly (readonly [kernelSize: number, rings: readonly Ring[]])[] = [
  [3, [ring(0, 0.6, 0), ring(1, 0.6, 1)]],
  [3, [ring(0, 0.6, 0), ring(1, 0.4, 2)]],
  [3, [ring(0, 0.6, 0), ring(1, 0.6, 2)]],
  [5, [ring(0, 0.6, 0), ring(1, 0.6, 2)]],
  [5, [ring(0, 0.6, 0), ring(1, 0.6, 2), ring(2, 0.4, 2)]],
  [5, [ring(0, 0.6, 0), ring(1, 0.6, 2), ring(2, 0.6, 2)]],
  [7, [ring(0, 0.6, 0), ring(1, 0.6, 2)]],
  [7, [ring(0, 0.6, 0), ring(1, 0.6, 2), ring(2, 0.6, 3)]],
  [7, [ring(0, 0.6, 0), ring(1, 0.6, 2), ring(2, 0.6, 4)]],
];

export async function measureRings(context: LabContext): Promise<RingsRow[]> {
  const rows: RingsRow[] = [];
  const choices = context.quick ? ringChoices.slice(0, 1) : ringChoices;
  for (const [i, [kernelSize, rings]] of choices.entries()) {
    const place = part(context, `choice ${i + 1}`, i, choices.length);
    const [eighth] = await measure(place, () => lift(kernelSize, rings), [1], usualDetail);
    const weights = lift(kernelSize, rings).weights[0]!.shape[2]!;
    rows.push({ kernelSize, rings, weights, eighth: eighth! });
  }
  return rows;
}

/** What turns change after so many layers. */
export interface Turned {
  readonly quarter: Statistics;
  readonly eighth: Statistics;
  readonly sixteenth: Statistics;
}

export interface NetworkRow {
  readonly name: string;
  /** After 1, 2, … layers. */
  readonly byDepth: readonly Turned[];
}

export async function measureNetworks(context: LabContext, most: number): Promise<NetworkRow[]> {
  const rows: NetworkRow[] = [];
  for (const [i, { name, outputs, make }] of builders.entries()) {
    const byDepth: Turned[] = [];
    const place = part(context, name, i, builders.length);
    // What is left in the end are images without a direction, whatever the group was.
    const types = { inType: FieldType.trivial(c16, 1), outType: FieldType.trivial(c16, outputs) };
    for (let depth = 1; depth <= most; depth++) {
      const inner = part(place, `${depth} layers`, depth - 1, most);
      const turns = await measure(inner, () => make(depth), [1, 2, 4], usualDetail, types);
      const [sixteenth, eighth, quarter] = turns.map(({ error }) => error);
      byDepth.push({ sixteenth: sixteenth!, eighth: eighth!, quarter: quarter! });
    }
    rows.push({ name, byDepth });
  }
  return rows;
}

/** Errors for some elements of the group, over the context's seeds. */
async function measure(
  context: LabContext,
  make: () => Module,
  elements: readonly number[],
  bandwidth: number,
  types: { readonly inType?: FieldType; readonly outType?: FieldType } = {},
): Promise<Measured[]> {
  const { quick } = context;
  const runs = await overSeeds(context, async ({ seed }): Promise<SteeringError[]> => {
    manualSeed(seed);
    const model = make().eval() as Steered;
    // Odd, for a pixel in the middle.
    return steeringError(model, {
      size: quick ? 13 : 33,
      images: quick ? 1 : 8,
      elements,
      bandwidth,
      ...types,
    });
  });
  return elements.map((_, i) => {
    const pick = (of: (error: SteeringError) => number): Statistics =>
      statistics(runs.map((run) => of(run[i]!)));
    return {
      error: pick(({ error }) => error),
      centre: pick(({ centre }) => centre!),
      interpolation: pick(({ interpolation }) => interpolation),
    };
  });
}
