import { requireGridGroup } from "./grid-action.ts";
import { elementMatrix, type Group } from "./group.ts";

/** What a group convolution reads: images, or feature maps on the group. */
export type FilterDomain = "image" | "regular";

/**
 * Where the expanded filters come from: entry (g, h, p) is the position in ψ of (g ψ)(p, h) = ψ(g⁻¹ p, g⁻¹ h).
 *
 * ψ is a filter [|G|, k, k] on the group (or [1, k, k] on images), and the table has the shape [|G|, |G| or 1, k, k].
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), section 7.
 */
export function filterTable(group: Group, domain: FilterDomain, kernelSize: number): Int32Array {
  requireGridGroup(group);
  const { order, products, inverses } = group;
  const taps = kernelSize ** 2;
  const fibre = domain === "regular" ? order : 1;
  const table = new Int32Array(order * fibre * taps);
  for (let g = 0; g < order; g++) {
    const inverse = inverses[g]!;
    const moved = gridPermutation(group, g, kernelSize);
    for (let h = 0; h < fibre; h++) {
      const from = domain === "regular" ? products[inverse]![h]! : 0;
      for (let p = 0; p < taps; p++) table[(g * fibre + h) * taps + p] = from * taps + moved[p]!;
    }
  }
  return table;
}

/** For each position p of a square of the given extent, in row-major order, the position g⁻¹ p. */
function gridPermutation(group: Group, g: number, extent: number): number[] {
  const [a, b, c, d] = elementMatrix(group, group.elements[group.inverses[g]!]!);
  const centre = (extent - 1) / 2;
  return Array.from({ length: extent ** 2 }, (_, position) => {
    const x = (position % extent) - centre;
    const y = centre - Math.floor(position / extent);
    return (centre - (c * x + d * y)) * extent + (a * x + b * y) + centre;
  });
}
