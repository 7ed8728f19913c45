import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tensor } from "../core/tensor.ts";
import "../index.ts";
import { Linear } from "../nn/linear.ts";
import type { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { exportOnnxFiles } from "./export/export-onnx.ts";
import { importOnnx } from "./import/import-onnx.ts";
import { readOnnx } from "./read-onnx.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-onnx-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A model whose large weights lie at `location`; without their bytes if they are not given. */
async function write(name: string, location: string, keep = 1): Promise<{ path: string; model: Module }> {
  const model = new Sequential([40], new Linear(40, 30), new Linear(30, 2));
  const files = await exportOnnxFiles(model, [1, 40], location);
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, Buffer.concat(files.model));
  const data = Buffer.concat(files.data);
  if (keep > 0) await writeFile(join(folder, location), data.subarray(0, Math.floor(data.length * keep)));
  return { path, model };
}

test("weights in a file beside the model are read", async () => {
  const { path, model } = await write("whole", "whole.data");
  const x = tensor(
    Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
    { shape: [1, 40] },
  );
  const expected = await model.eval().forward(x).data();
  const found = await importOnnx(await readOnnx(path))
    .forward(x)
    .data();
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
});

test("what is wrong with that file is told", async () => {
  const missing = await write("missing", "missing.data", 0);
  await expect(readOnnx(missing.path)).rejects.toThrow(
    `${join(folder, "missing.data")}: does not exist, but ${missing.path} has tensors in it`,
  );
  const short = await write("short", "short.data", 0.5);
  await expect(readOnnx(short.path)).rejects.toThrow(
    `${join(folder, "short.data")}: has 2400 bytes, but ${short.path} wants 4800 from byte 0 on`,
  );
});

test.each(["../outside.data", "/etc/passwd", "a/../../outside.data"])("%s is not read", async (location) => {
  const { path } = await write("outside", location, 0);
  await expect(readOnnx(path)).rejects.toThrow(
    `${path}: has tensors in "${location}", which lies outside of its folder`,
  );
});
