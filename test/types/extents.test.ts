import fc from "fast-check";
import { expect, test } from "vitest";
import { checkSource } from "./tsc.ts";

const window = fc.record({
  extent: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12_000 })),
  kernel: fc.integer({ min: 1, max: 15 }),
  stride: fc.integer({ min: 1, max: 21 }),
  padding: fc.integer({ min: 0, max: 12 }),
  dilation: fc.integer({ min: 1, max: 4 }),
  outputPadding: fc.integer({ min: 0, max: 3 }),
});

type Window = typeof window extends fc.Arbitrary<infer W> ? W : never;

// The compiler compares what the types compute with what the formulas below give on numbers.
test("types give the extents that the formulas give", () => {
  const windows = fc.sample(window, { numRuns: 100, seed: 20_240 });
  const lines = windows.flatMap((w) => [
    expectation(`nn.Conv1d<1, 1, ${w.kernel}, ${settings(w)}>`, w, floorExtent(w)),
    expectation(`nn.MaxPool1d<${w.kernel}, ${settings(w)}>`, w, floorExtent(w)),
    expectation(`nn.MaxPool1d<${w.kernel}, ${settings(w, "ceilMode: true")}>`, w, ceilExtent(w)),
    expectation(
      `nn.ConvTranspose2d<1, 1, ${w.kernel}, ${settings(w, `outputPadding: ${w.outputPadding}`)}>`,
      w,
      transposedExtent(w),
    ),
  ]);
  expect(new Set(windows.map((w) => floorExtent(w) > 0))).toEqual(new Set([true, false]));
  expect(checkSource(lines.join("\n")).diagnostics).toEqual([]);
});

function settings({ stride, padding, dilation }: Window, more = ""): string {
  return `{ stride: ${stride}; padding: ${padding}; dilation: ${dilation}; ${more} }`;
}

/** A statement that compiles if the layer gives `expected`, or a message where that is no extent. */
function expectation(layer: string, { extent }: Window, expected: number): string {
  const spatialAxes = layer.startsWith("nn.ConvTranspose2d") ? 2 : 1;
  const shape = (size: number): string => `[1, ${new Array(spatialAxes).fill(size).join(", ")}]`;
  const output = `OutputShape<${layer}, ${shape(extent)}>`;
  return expected > 0
    ? `expectType<${output}, ${shape(expected)}>();`
    : `expectType<${output} extends string ? true : false, true>();`;
}

function floorExtent({ extent, kernel, stride, padding, dilation }: Window): number {
  return Math.floor((extent + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

function ceilExtent(window: Window): number {
  const { extent, kernel, stride, padding, dilation } = window;
  const windows = Math.ceil((extent + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  return windows > 0 && (windows - 1) * stride >= extent + padding ? windows - 1 : windows;
}

function transposedExtent({ extent, kernel, stride, padding, dilation, outputPadding }: Window): number {
  return (extent - 1) * stride - 2 * padding + dilation * (kernel - 1) + outputPadding + 1;
}
