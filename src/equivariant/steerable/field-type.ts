import { ArgumentError, ShapeError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Group } from "../group.ts";
import { type Representation, regular, requireOneGroup, trivial } from "./representation.ts";

/** Fields that follow each other and transform by one representation. */
export interface Run {
  readonly representation: Representation;
  /** How many fields. */
  readonly fields: number;
  /** The first field's first channel. */
  readonly channel: number;
}

/**
 * How the channels of a feature map transform: a list of fields, each with a representation of one group.
 *
 * A map f: R² → R^channels becomes (g f)(p) = ρ(g)·f(g⁻¹p), where ρ is the sum of the fields' representations.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), section 2.2.
 */
export class FieldType {
  readonly group: Group;
  readonly representations: readonly Representation[];
  /** The sum of the representations' sizes. */
  readonly channels: number;
  /** The fields by runs of one representation. */
  readonly runs: readonly Run[];

  /** @throws ArgumentError for no field, or for representations of different groups. */
  constructor(representations: readonly Representation[]) {
    this.group = requireOneGroup("FieldType", representations);
    this.representations = representations;
    const runs: Run[] = [];
    let channel = 0;
    for (const representation of representations) {
      const last = runs.at(-1);
      if (last?.representation.name === representation.name) {
        runs[runs.length - 1] = { ...last, fields: last.fields + 1 };
      } else runs.push({ representation, fields: 1, channel });
      channel += representation.size;
    }
    this.runs = runs;
    this.channels = channel;
  }

  /** `count` fields of one representation. */
  static of(representation: Representation, count: number): FieldType {
    return new FieldType(new Array<Representation>(count).fill(representation));
  }

  /** Scalar fields, such as the colours of an image. */
  static trivial(group: Group, count: number): FieldType {
    return FieldType.of(trivial(group), count);
  }

  /** Fields on the group, of |G| channels each. */
  static regular(group: Group, count: number): FieldType {
    return FieldType.of(regular(group), count);
  }

  /** The fields of this type and then those of others. */
  plus(...others: readonly FieldType[]): FieldType {
    return new FieldType([this, ...others].flatMap(({ representations }) => representations));
  }

  get fields(): number {
    return this.representations.length;
  }

  /** ρ(g) x at one point: a vector of the channels, transformed by the element g. */
  act(g: number, x: ArrayLike<number>): Float64Array {
    const y = new Float64Array(this.channels);
    let start = 0;
    for (const { size, matrices } of this.representations) {
      const matrix = matrices[g]!;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) y[start + i]! += matrix[i * size + j]! * x[start + j]!;
      }
      start += size;
    }
    return y;
  }

  /** @throws ArgumentError that names a field on which a pointwise function does not commute with the group. */
  requirePermutations(layer: string): void {
    const field = this.representations.findIndex(({ isPermutation }) => !isPermutation);
    if (field < 0) return;
    throw new ArgumentError(
      `${layer} acts on each channel alone, which commutes with permutations of channels only (trivial, regular and ` +
        `quotient representations), but field ${field} is ${this.representations[field]!.name} of ${this.group.name}: ` +
        "NormReLU, GatedNonlinearity, NormBatchNorm and NormPool take fields of every kind",
    );
  }

  /** @throws ShapeError unless x is [N, channels, …]. */
  requireInput(layer: string, x: Tensor): void {
    if (x.rank >= 2 && x.shape[1] === this.channels) return;
    throw new ShapeError(layer, `input must have the ${this.channels} channels of ${this}`, { x: x.shape });
  }

  /** `C8: 2×regular + 3×E1` */
  toString(): string {
    const runs = this.runs.map(({ fields, representation }) => `${fields}×${representation.name}`);
    return `${this.group.name}: ${runs.join(" + ")}`;
  }
}
