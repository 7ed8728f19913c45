import { ArgumentError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import { Stopwatch } from "../../core/profile.ts";
import { makeImage } from "./make-image.ts";
import { type Device, WasmProgram } from "./program.ts";

/** Compiles a graph into one module and gives it to all threads. @throws ArgumentError for float64. */
export async function compileProgram(graph: Graph, device: Device): Promise<WasmProgram> {
  const unsupported = graph.nodes.find((node) => node.dtype === "float64");
  if (unsupported) {
    throw new ArgumentError(
      `${unsupported.op}: float64 runs on the reference backend only; cast to float32 first`,
    );
  }
  const watch = new Stopwatch();
  const image = makeImage(graph, device.target, watch);
  const module = await WebAssembly.compile(image.code);
  watch.lap("engine");
  const instance = await WebAssembly.instantiate(module, { env: { memory: device.memory.memory } });
  const id = await device.pool.load(module);
  watch.lap("load");
  return new WasmProgram({ graph, image, compilation: watch.phases, device, instance, id });
}
