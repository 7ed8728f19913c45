import type { DType } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Conv2d } from "../../nn/conv2d.ts";
import * as init from "../../nn/init.ts";
import { Module } from "../../nn/module.ts";
import { Parameter } from "../../nn/parameter.ts";
import { requireCount } from "../../nn/require-count.ts";
import { requireRank } from "../../nn/require-rank.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { conv2d } from "../../ops/conv.ts";
import { take } from "../../ops/gather.ts";
import { cast, zeros } from "../../ops/like.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, permute, reshape } from "../../ops/movement.ts";
import { requireExactStride } from "../exact-stride.ts";
import { constantOf } from "./constant-of.ts";
import { decompose } from "./decompose.ts";
import type { FieldType } from "./field-type.ts";
import { sampleBasis } from "./kernel-basis.ts";
import type { Representation } from "./representation.ts";
import type { RingsOf } from "./rings.ts";
import { sameGroup } from "./subgroup.ts";

export interface SteerableConvOptions {
  /** Default 1. */
  readonly stride?: number;
  /** At each border; default 0. */
  readonly padding?: number;
  /** Whether there is a bias, a learned number for each trivial part of the output's fields; default true. */
  readonly bias?: boolean;
  /** Where the kernels' mass lies and which frequencies it carries; default `usualRings`. */
  readonly rings?: RingsOf;
  /** Whether to refuse maps on which the stride breaks the symmetry; default true. */
  readonly exact?: boolean;
}

/** The kernels between all fields of one representation and all of another. */
interface Pair {
  readonly input: Representation;
  readonly output: Representation;
  readonly inFields: number;
  readonly outFields: number;
  /** Undefined where no kernel satisfies the constraint. */
  readonly weight: Parameter | undefined;
  /** [count, out · in · k · k] */
  readonly basis: Float64Array;
}

/**
 * Convolution that maps fields of one type to fields of another: [N, inType.channels, H, W] → [N, outType.channels, H′, W′].
 *
 * The weight is Σ wᵢ·Kᵢ over a basis of all kernels with K(g x) = ρ_out(g)·K(x)·ρ_in(g)⁻¹, which is one ordinary
 * convolution: exactly equivariant to quarter turns and reflections, and to other rotations as well as pixels allow.
 *
 * `weights.i` [outFields, inFields, kernels of the basis] is for the i-th pair of representations (the output's in order of
 * their first field, and for each the input's) between which there are kernels; at first N(0, 2/n), where n is how many
 * weights an output sums up. bias [trivial parts of the output], zeros at first.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), sections 2.4 to 2.8.
 *
 * @throws ArgumentError for types of different groups, or if nothing but zero maps to a field of the output; `forward`
 * throws a ShapeError if the stride breaks the symmetry.
 */
export class SteerableConv2d extends Module {
  readonly weights: readonly Parameter[];
  readonly bias: Parameter | undefined;
  readonly inType: FieldType;
  readonly outType: FieldType;
  readonly kernelSize: number;
  readonly options: SteerableConvOptions;
  readonly #pairs: readonly (readonly Pair[])[];
  /** [outType.channels, trivial parts] */
  readonly #invariants: Float64Array;

  constructor(inType: FieldType, outType: FieldType, kernelSize: number, options: SteerableConvOptions = {}) {
    super();
    if (!sameGroup(inType.group, outType.group)) {
      throw new ArgumentError(
        `SteerableConv2d: the fields must be of one group, but are of ${inType} and ${outType}`,
      );
    }
    requireCount("SteerableConv2d", "kernelSize", kernelSize);
    this.inType = inType;
    this.outType = outType;
    this.kernelSize = kernelSize;
    this.options = options;
    const [inputs, outputs] = [countFields(inType), countFields(outType)];
    this.#pairs = outputs.map((output) => this.#pairsTo(output, inputs));
    this.weights = this.#pairs.flat().flatMap(({ weight }) => weight ?? []);
    this.#invariants = invariants(outType);
    const trivialParts = this.#invariants.length / outType.channels;
    this.bias = (options.bias ?? true) && trivialParts > 0 ? Parameter.zeros([trivialParts]) : undefined;
    if (this.bias) constantOf(this.#invariants, [outType.channels, trivialParts]);
  }

  #pairsTo({ representation: output, fields: outFields }: Fields, inputs: readonly Fields[]): Pair[] {
    const { kernelSize, options, inType } = this;
    const bases = inputs.map((input) => sampleBasis(input.representation, output, kernelSize, options.rings));
    const summed = bases.reduce((sum, { count }, i) => sum + count * inputs[i]!.fields, 0);
    if (summed === 0) {
      throw new ArgumentError(
        `SteerableConv2d: no kernel of ${kernelSize}×${kernelSize} pixels maps ${inType} to ${output.name} but zero: ` +
          "take a larger kernel, whose rings carry higher frequencies, or other fields",
      );
    }
    return inputs.map(({ representation: input, fields: inFields }, i): Pair => {
      const { count, values: basis } = bases[i]!;
      if (count > 0) constantOf(basis, [count, basis.length / count]);
      const weight =
        count === 0
          ? undefined
          : init.normal(Parameter.zeros([outFields, inFields, count]), 0, Math.sqrt(2 / summed));
      return { input, output, inFields, outFields, weight, basis };
    });
  }

  override forward(x: Tensor): Tensor {
    this.inType.requireInput("SteerableConv2d", x);
    requireRank("SteerableConv2d", x, [4], "[N, C, H, W]");
    const { stride = 1, padding = 0, exact = true } = this.options;
    if (exact) {
      const window = { reach: this.kernelSize, stride, padding };
      requireExactStride("SteerableConv2d", x, this.inType.group, window);
    }
    return conv2d(x, this.filters(x.dtype), { stride, padding, bias: this.expandedBias(x.dtype) });
  }

  /** The weight of the ordinary convolution, [outType.channels, inType.channels, k, k]. */
  filters(dtype: DType = "float32"): Tensor {
    const rows = this.#pairs.map((row) =>
      concat(
        row.map((pair) => this.#block(pair, dtype)),
        1,
      ),
    );
    const outOrder = channelOrder(this.outType);
    const inOrder = channelOrder(this.inType);
    const all = concat(rows, 0);
    const sorted = outOrder ? take(all, outOrder, 0) : all;
    return inOrder ? take(sorted, inOrder, 1) : sorted;
  }

  #block({ input, output, inFields, outFields, weight, basis }: Pair, dtype: DType): Tensor {
    const k = this.kernelSize;
    const shape = [outFields * output.size, inFields * input.size, k, k];
    if (!weight) return zeros(shape, dtype);
    const count = weight.shape[2]!;
    const constant = constantOf(basis, [count, basis.length / count], dtype);
    const sums = matmul(reshape(cast(weight, dtype), [outFields * inFields, count]), constant);
    const split = reshape(sums, [outFields, inFields, output.size, input.size, k * k]);
    return reshape(permute(split, [0, 2, 1, 3, 4]), shape);
  }

  /** The bias of the ordinary convolution, [outType.channels]. */
  protected expandedBias(dtype: DType = "float32"): Tensor | undefined {
    if (!this.bias) return undefined;
    const { channels } = this.outType;
    const parts = this.bias.shape[0]!;
    const constant = constantOf(this.#invariants, [channels, parts], dtype);
    return reshape(matmul(constant, reshape(cast(this.bias, dtype), [parts, 1])), [channels]);
  }

  /** An ordinary convolution with the same output. */
  toPlain(): Conv2d {
    const { stride = 1, padding = 0 } = this.options;
    const [from, to] = [this.inType.channels, this.outType.channels];
    const conv = new Conv2d<number, number, number, object>(from, to, this.kernelSize, {
      stride,
      padding,
      bias: this.bias !== undefined,
    });
    conv.weight.assign(this.filters());
    conv.bias?.assign(this.expandedBias()!);
    return conv;
  }

  protected override settings(): string {
    const { rings: _, ...shown } = this.options;
    return `${this.inType} → ${this.outType}, ${showArguments(this.kernelSize, shown)}`;
  }
}

interface Fields {
  readonly representation: Representation;
  readonly fields: number;
}

/** The different representations of a type in order of their first field. */
function countFields({ runs }: FieldType): Fields[] {
  const counts = new Map<string, Fields>();
  for (const { representation, fields } of runs) {
    const before = counts.get(representation.name)?.fields ?? 0;
    counts.set(representation.name, { representation, fields: before + fields });
  }
  return [...counts.values()];
}

/** Where each channel is found when the fields of each representation stand together; undefined if they do. */
function channelOrder(type: FieldType): number[] | undefined {
  const kinds = countFields(type);
  if (kinds.length === type.runs.length) return undefined;
  const next = new Map<string, number>();
  let start = 0;
  for (const { representation, fields } of kinds) {
    next.set(representation.name, start);
    start += fields * representation.size;
  }
  return type.representations.flatMap(({ name, size }) => {
    const first = next.get(name)!;
    next.set(name, first + size);
    return Array.from({ length: size }, (_, i) => first + i);
  });
}

/**
 * What may be added to the fields of a type: [channels, trivial parts], a column for each trivial part of each field, in
 * the order of the fields, with entries of mean square 1 over the field.
 */
function invariants({ representations, channels }: FieldType): Float64Array {
  const columns: Float64Array[] = [];
  let start = 0;
  for (const representation of representations) {
    const { size } = representation;
    const { components, basis } = decompose(representation);
    for (const { irrep, offset } of components) {
      if (!irrep.matrices.every(([entry]) => irrep.size === 1 && entry === 1)) continue;
      const column = new Float64Array(channels);
      const entries = Float64Array.from({ length: size }, (_, i) => basis[i * size + offset]!);
      // A positive sum, so that a positive bias raises what it can.
      const sign = entries.reduce((sum, value) => sum + value, 0) < 0 ? -1 : 1;
      for (const [i, entry] of entries.entries()) column[start + i] = sign * Math.sqrt(size) * entry;
      columns.push(column);
    }
    start += size;
  }
  return Float64Array.from({ length: channels * columns.length }, (_, i) => {
    return columns[i % columns.length]![Math.floor(i / columns.length)]!;
  });
}
