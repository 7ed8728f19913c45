import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { serializeSafetensors } from "../src/io/safetensors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = existsSync(join(root, "dist/index.js"));
const reason = process.platform !== "linux" ? "it reads Linux's /proc" : built ? "" : "dist is not built";

/** 25 layers of 1,000 × 1,000: 100 MB of parameters. */
const layers = 25;
const width = 1000;

/** Loads the file into a network and runs it, and tells the memory in use before, at most while loading, and after. */
const script = (file: string): string => `
import { readFileSync } from "node:fs";
import { createWasmBackend, setBackend, tensor } from "fovea";
import { Linear, Sequential } from "fovea/nn";
import { parseSafetensors } from "fovea/io";
import { loadWeights } from "fovea/models";
import { readFile } from "fovea/node";

setBackend(createWasmBackend({ threads: 1 }));
const peak = () => 1024 * Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const now = () => process.memoryUsage().rss;
const model = new Sequential(...Array.from({ length: ${layers} }, () => new Linear(${width}, ${width}, { bias: false })));
await tensor([1]).data();
const before = now();
loadWeights(model, parseSafetensors(await readFile(${JSON.stringify(file)}), "x").tensors);
const loaded = peak();
await model.eval().forward(tensor(new Float32Array(${width}), { shape: [1, ${width}] })).data();
console.log(JSON.stringify({ before, loaded, ran: peak() }));
`;

describe.skipIf(reason !== "")(
  `the memory that loading takes${reason === "" ? "" : `, skipped: ${reason}`}`,
  () => {
    it("is that of the file, and running adds the program's copy", async () => {
      const folder = await mkdtemp(join(tmpdir(), "fovea-memory-"));
      try {
        const data = new Float32Array(width * width).fill(1e-3);
        const names = Array.from({ length: layers }, (_, i) => `${i}.weight`);
        const bytes = serializeSafetensors(
          names.map((name) => [name, { dtype: "float32", shape: [width, width], data }]),
        );
        const file = join(folder, "model.safetensors");
        await writeFile(file, bytes);
        const args = ["--input-type=module", "--eval", script(file)];
        const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
        const { before, loaded, ran } = JSON.parse(stdout) as Record<string, number>;
        const size = bytes.length;
        expect(loaded! - before!).toBeLessThan(1.2 * size);
        // The arena holds the parameters as the kernels want them.
        expect(ran! - before!).toBeLessThan(2.4 * size);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  },
);
