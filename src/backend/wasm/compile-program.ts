import { ArgumentError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import { Stopwatch } from "../../core/profile.ts";
import { makeImage } from "./make-image.ts";
import { type Device, WasmProgram } from "./program.ts";
import { programKey } from "./program-cache.ts";
import { decodeImage, encodeImage, type ProgramImage } from "./program-image.ts";

/** Makes a program of a graph and gives it to all threads. @throws ArgumentError for float64. */
export async function compileProgram(graph: Graph, device: Device): Promise<WasmProgram> {
  const unsupported = graph.nodes.find((node) => node.dtype === "float64");
  if (unsupported) {
    throw new ArgumentError(
      `${unsupported.op}: float64 runs on the reference backend only; cast to float32 first`,
    );
  }
  const watch = new Stopwatch();
  const image = await imageOf(graph, device, watch);
  const module = await WebAssembly.compile(image.code);
  watch.lap("engine");
  const instance = await WebAssembly.instantiate(module, { env: { memory: device.memory.memory } });
  const id = await device.pool.load(module);
  watch.lap("load");
  return new WasmProgram({ graph, image, compilation: watch.phases, device, instance, id });
}

/** The image of a graph: from the cache if it is there, or else made, and kept there. */
async function imageOf(graph: Graph, device: Device, watch: Stopwatch): Promise<ProgramImage> {
  const { target } = device;
  const cache = await device.cache;
  const key = cache && programKey(graph, target);
  if (!cache || key === undefined) return makeImage(graph, target, watch);
  const bytes = await cache.read(key);
  const known = bytes && decodeImage(bytes);
  watch.lap("cache");
  if (known) return known;
  const image = makeImage(graph, target, watch);
  await cache.write(key, encodeImage(image));
  watch.lap("keep");
  return image;
}
