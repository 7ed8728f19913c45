import { stderr, stdout } from "node:process";
import {
  type Backend,
  compile,
  conv2d,
  createWasmBackend,
  gradients,
  measurePeak,
  type Program,
  type Tensor,
  tensor,
} from "../../dist/index.js";

/** A convolution as networks have it; padding keeps the extent at stride 1. */
interface Layer {
  readonly name: string;
  readonly channels: number;
  readonly filters: number;
  readonly extent: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups: number;
}

const layer = (
  name: string,
  [channels, filters, extent]: readonly [number, number, number],
  kernel: number,
  { stride = 1, groups = 1 } = {},
): Layer => ({ name, channels, filters, extent, kernel, stride, groups });

export const layers: readonly Layer[] = [
  layer("3×3", [64, 64, 56], 3),
  layer("3×3", [128, 128, 28], 3),
  layer("3×3", [256, 256, 14], 3),
  layer("3×3", [512, 512, 7], 3),
  layer("3×3 stride 2", [128, 128, 56], 3, { stride: 2 }),
  layer("1×1", [64, 256, 56], 1),
  layer("1×1", [256, 64, 56], 1),
  layer("1×1", [512, 128, 28], 1),
  layer("1×1", [256, 1024, 14], 1),
  layer("1×1", [512, 2048, 7], 1),
  layer("7×7 stride 2", [3, 64, 224], 7, { stride: 2 }),
  layer("depthwise 3×3", [144, 144, 56], 3, { groups: 144 }),
  layer("depthwise 3×3", [384, 384, 14], 3, { groups: 384 }),
  layer("depthwise 7×7", [96, 96, 56], 7, { groups: 96 }),
];

const passes = ["forward", "input gradient", "weight gradient"] as const;
type Pass = (typeof passes)[number];

function random(shape: readonly number[]): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length }, () => Math.random() - 0.5),
    { shape },
  );
}

/**
 * Multiply-adds a second of one pass, in GFLOP/s of the plain sum: of the kernels that do them, in profiled runs. What
 * lies around them in a program of one layer (copies into the order of channels and back) is left out.
 */
async function speedOf(
  { channels, filters, extent, kernel, stride, groups }: Layer,
  batch: number,
  pass: Pass,
  backend: Backend,
  seconds: number,
): Promise<number> {
  const x = random([batch, channels, extent, extent]);
  const weight = random([filters, channels / groups, kernel, kernel]);
  const settings = { stride, groups, padding: (kernel - 1) / 2 };
  const size = Math.floor((extent - 1) / stride) + 1;
  const dy = random([batch, filters, size, size]);
  const run = compile(
    (a: Tensor, b: Tensor, g: Tensor): Tensor => {
      const y = conv2d(a, b, settings);
      if (pass === "forward") return y;
      return gradients(y, [pass === "input gradient" ? a : b], g)[0]!;
    },
    { backend },
  );
  const program: Program = await run.program(x, weight, dy);
  const warm = performance.now() + 300 * seconds;
  while (performance.now() < warm) await run(x, weight, dy);
  program.profile(true);
  const until = performance.now() + 1000 * seconds;
  while (performance.now() < until) await run(x, weight, dy);
  const kernels = program.describe();
  // A gradient that is summed up in parts, or computed for all residues together, ends with a kernel that puts these
  // together; forms with transforms of their own have these before and after the products.
  const working = kernels.filter(
    ({ macs, kind }) => macs > 0 || kind.endsWith(" transform") || (kind === "reduce" && pass !== "forward"),
  );
  const ms = working.reduce((sum, each) => sum + (each.ms ?? 0), 0);
  const macs = (kernel * kernel * channels * filters * size * size * batch) / groups;
  return (2e-6 * macs) / ms;
}

/** Prints what single layers reach, in the direct form and as it is chosen, beside the measured peak. */
export async function benchLayers(seconds: number): Promise<void> {
  const options = { threads: 1 } as const;
  const direct = createWasmBackend({ ...options, winograd: 0 });
  const chosen = createWasmBackend(options);
  stdout.write(
    "\nSingle layers, one thread: GFLOP/s of the plain sum, and its share of the peak of multiply-adds, which ",
  );
  stdout.write("is measured anew each time; then as the compiler chooses\n\n");
  stdout.write(
    `| layer | batch | ${passes.join(" | ")} | ${passes.map((pass) => `${pass}, chosen`).join(" | ")} |\n`,
  );
  stdout.write(`| --- | --- |${" --- |".repeat(2 * passes.length)}\n`);
  for (const each of layers) {
    for (const batch of [1, 16]) {
      const { name, channels, filters, extent } = each;
      const title = `${name}, ${channels}→${filters} at ${extent}`;
      stderr.write(`${title}, batch ${batch}\n`);
      const cells: string[] = [];
      for (const backend of [direct, chosen]) {
        for (const pass of passes) {
          const peak = backend === direct ? await measurePeak({ ...options, again: true }) : undefined;
          const speed = await speedOf(each, batch, pass, backend, seconds);
          const share = peak ? ` (${Math.round((1e11 * speed) / peak.flopsPerSecond)}%)` : "";
          cells.push(`${speed.toFixed(0)}${share}`);
        }
      }
      stdout.write(`| ${title} | ${batch} | ${cells.join(" | ")} |\n`);
    }
  }
}
