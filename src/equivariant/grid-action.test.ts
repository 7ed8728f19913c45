import { describe, expect, test } from "vitest";
import "../default-backend.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { actOnGrid, actOnRegular } from "./grid-action.ts";
import { cyclicGroup, dihedralGroup, elementMatrix, type Group } from "./group.ts";

const groups: Group[] = [1, 2, 4].flatMap((n) => [cyclicGroup(n), dihedralGroup(n)]);
const numbers = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
    { shape },
  );

/** x(g⁻¹ p) by the element's matrix: where the centre of each pixel comes from. */
function movedByMatrix(x: ArrayLike<number>, extent: number, group: Group, g: number): number[] {
  const [a, b, c, d] = elementMatrix(group, group.elements[group.inverses[g]!]!);
  const centre = (extent - 1) / 2;
  return Array.from({ length: extent * extent }, (_, position) => {
    const [right, up] = [(position % extent) - centre, centre - Math.floor(position / extent)];
    const [column, row] = [a * right + b * up + centre, centre - (c * right + d * up)];
    return x[row * extent + column]!;
  });
}

describe.each(groups.map((group) => [group.name, group] as const))("%s acts", (_, group) => {
  test.each([3, 4])("on maps of extent %i as its matrices say", async (extent) => {
    const x = numbers(extent, extent);
    for (let g = 0; g < group.order; g++) {
      const expected = movedByMatrix(await x.data(), extent, group, g);
      expect([...(await actOnGrid(x, group, g).data())]).toEqual(expected);
    }
  });

  test.each([
    ["images", actOnGrid],
    ["feature maps on the group", actOnRegular],
  ] as const)("on %s as a group: a (b x) = (a b) x, and the identity changes nothing", async (_, act) => {
    const x = numbers(2, 2 * group.order, 3, 3);
    expect(await act(x, group, 0).data()).toEqual(await x.data());
    for (let a = 0; a < group.order; a++) {
      for (let b = 0; b < group.order; b++) {
        const twice = act(act(x, group, b), group, a);
        expect(await twice.data()).toEqual(await act(x, group, group.products[a]![b]!).data());
      }
    }
  });
});

test("a quarter turn is counter-clockwise, and moves a map on p4 one rotation on", async () => {
  const c4 = cyclicGroup(4);
  const image = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect([...(await actOnGrid(image, c4, 1).data())]).toEqual([2, 4, 1, 3]);
  const delta = tensor([1, 0, 0, 0, 0, 0, 0, 0], { shape: [1, 8, 1, 1] });
  expect([...(await actOnRegular(delta, c4, 1).data())]).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
});

test("a half turn and reflections take maps that are not square", async () => {
  const x = numbers(1, 1, 2, 3);
  expect([...(await actOnGrid(x, dihedralGroup(2), 1).data())]).toEqual([5, 4, 3, 2, 1, 0]);
  expect([...(await actOnGrid(x, dihedralGroup(1), 1).data())]).toEqual([2, 1, 0, 5, 4, 3]);
});

test("what the grid cannot carry is refused with the reason", () => {
  const x = numbers(1, 8, 4, 4);
  expect(() => actOnGrid(x, cyclicGroup(8), 1)).toThrow(
    "C8 turns by 45°, which takes points of a square grid",
  );
  expect(() => actOnGrid(x, cyclicGroup(3), 0)).toThrow("C3 turns by 120°");
  expect(() => actOnGrid(numbers(1, 1, 2, 3), cyclicGroup(4), 1)).toThrow("takes 2×3 maps to 3×2 ones");
  expect(() => actOnGrid(numbers(3), cyclicGroup(4), 1)).toThrow("no axes of height and width");
  expect(() => actOnGrid(x, cyclicGroup(4), 4)).toThrow("C4 has the elements 0 to 3, but not 4");
  expect(() => actOnRegular(numbers(1, 6, 4, 4), cyclicGroup(4), 1)).toThrow(
    "6 channels are no whole number",
  );
  expect(() => actOnRegular(numbers(8, 4, 4), cyclicGroup(4), 1)).toThrow("[N, C·|G|, H, W]");
});
