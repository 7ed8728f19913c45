import { expandGraph } from "../../compiler/expand-graph.ts";
import type { Buffer } from "../../compiler/expr.ts";
import { fuse } from "../../compiler/fuse.ts";
import { product } from "../../compiler/index-expr.ts";
import { type Kernel, type KernelGraph, nestsOf } from "../../compiler/kernel.ts";
import { planKept, planMemory, spareBytes } from "../../compiler/memory-plan.ts";
import { type Schedule, schedule } from "../../compiler/schedule.ts";
import type { KernelInfo, Program, ProgramInput } from "../../core/backend.ts";
import { bytesPerElement, type TypedArray } from "../../core/dtype.ts";
import { ArgumentError, IndexError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import { type KernelTime, type PhaseTime, Profile, Stopwatch } from "../../core/profile.ts";
import { HostStorage, type Storage } from "../../core/storage.ts";
import { stepsOf } from "./codegen/loop-kernel.ts";
import { type TileShape, tileShapeFor } from "./codegen/tiles.ts";
import { winogradTileFor } from "./convolution-costs.ts";
import { emitProgram, type KernelCode, type ProgramPlan } from "./emit-program.ts";
import { type Block, Memory, WasmStorage } from "./memory.ts";
import { slotOffset, tableLayout } from "./table.ts";
import { ThreadChoice } from "./thread-choice.ts";
import type { ThreadPool } from "./threads.ts";

/** What programs share: memory, threads, and copies of host storages that come again. */
export interface Device {
  readonly memory: Memory;
  readonly pool: ThreadPool;
  readonly fused: boolean;
  readonly tiles: readonly TileShape[];
  /** See `WasmOptions.precision`. */
  readonly exact: boolean;
  /** See `WasmOptions.winograd`. */
  readonly winograd: 0 | 2 | 4 | undefined;
  readonly copies: WeakMap<Storage, WasmStorage>;
}

const tooLarge = "lower the batch size or the image size, or use checkpoint() to recompute activations";

/** Compiles a graph into one module and gives it to all threads. */
export async function compileProgram(graph: Graph, device: Device): Promise<WasmProgram> {
  const unsupported = graph.nodes.find((node) => node.dtype === "float64");
  if (unsupported) {
    throw new ArgumentError(
      `${unsupported.op}: float64 runs on the reference backend only; cast to float32 first`,
    );
  }
  const watch = new Stopwatch();
  const expanded = expandGraph(graph, {
    panelWidth: (columns) => tileShapeFor(columns, device.tiles).columns,
    exact: device.exact,
    winogradTile: (size) => winogradTileFor(size, device.tiles, device.winograd),
  });
  watch.lap("expand");
  const kernels = fuse(expanded);
  watch.lap("fuse");
  const order = schedule(kernels, expanded.outputs);
  watch.lap("schedule");
  const slots = new Map<number, number>();
  for (const buffer of kernels.inputs) slots.set(buffer.id, slots.size);
  expanded.outputs.forEach(({ resident }, i) => {
    const { id } = order.outputs[i]!;
    if (resident && !slots.has(id)) slots.set(id, slots.size);
  });
  const hostOutputs = order.outputs.filter((buffer) => !slots.has(buffer.id));
  const plan = planProgram(order, hostOutputs, [
    ...slots.keys(),
    ...kernels.constants.map(({ buffer }) => buffer.id),
  ]);
  watch.lap("plan");
  Memory.refuseBeyondLimit(plan.arena.bytes + plan.kept.bytes, programName(order.phases.flat()), tooLarge);
  const emitted = emitProgram(order, plan, {
    shared: device.memory.shared,
    fused: device.fused,
    tiles: device.tiles,
    slots,
    constants: kernels.constants,
  });
  watch.lap("emit");
  const module = await WebAssembly.compile(emitted.bytes);
  watch.lap("engine");
  const instance = await WebAssembly.instantiate(module, { env: { memory: device.memory.memory } });
  const id = await device.pool.load(module);
  watch.lap("load");
  const compilation = watch.phases;
  return new WasmProgram({
    graph,
    compilation,
    device,
    kernels,
    order,
    slots,
    plan,
    ...emitted,
    instance,
    id,
  });
}

/** Places for the arena, and for what was computed ahead and is read in every run. */
function planProgram(
  { prepare, phases }: Schedule,
  hostOutputs: readonly Buffer[],
  elsewhere: readonly number[],
): ProgramPlan {
  const ahead = new Set(prepare.flat().map(({ output }) => output));
  const read = new Set(phases.flat().flatMap(({ reads }) => reads));
  const kept = planKept([...ahead].filter((buffer) => read.has(buffer)));
  const outside = new Set([...elsewhere, ...kept.offsets.keys()]);
  const [first, then] = [planMemory(prepare, [], outside), planMemory(phases, hostOutputs, outside)];
  return {
    kept,
    arena: {
      offsets: new Map([...first.offsets, ...then.offsets]),
      bytes: Math.max(first.bytes, then.bytes),
    },
  };
}

function programName(kernels: readonly Kernel[]): string {
  return `a program with ${kernels.length} kernels`;
}

/** What a storage held at some moment. */
interface Content {
  readonly storage: WeakRef<Storage>;
  readonly version: number;
}

function versionOf(storage: Storage): number {
  return storage instanceof WasmStorage ? storage.version : 0;
}

function contentOf(storage: Storage): Content {
  return { storage: new WeakRef(storage), version: versionOf(storage) };
}

/** Whether a storage still holds that. */
function isHeld(storage: Storage, content: Content): boolean {
  return content.storage.deref() === storage && content.version === versionOf(storage);
}

interface Parts {
  readonly graph: Graph;
  readonly compilation: readonly PhaseTime[];
  readonly device: Device;
  readonly kernels: KernelGraph;
  readonly order: Schedule;
  readonly slots: ReadonlyMap<number, number>;
  readonly plan: ProgramPlan;
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly codes: readonly KernelCode[];
  readonly instance: WebAssembly.Instance;
  readonly id: number;
}

export class WasmProgram implements Program {
  readonly graph: Graph;
  readonly compilation: readonly PhaseTime[];
  readonly #parts: Parts;
  readonly #table: Block;
  readonly #constants: Block;
  readonly #kept: Block;
  /** Where arguments from the host are copied to, by input; made when first needed. */
  readonly #staging: Map<number, Block> = new Map();

  /** What each lasting input was filled from at the last run. */
  readonly #last: Map<number, WeakRef<Storage>> = new Map();

  /** Inputs that are read by what is computed ahead, and those that nothing else reads. */
  readonly #aheadInputs: readonly number[];
  readonly #aheadOnly: ReadonlySet<number>;
  /** What the inputs of that held when it was computed last. */
  #prepared: readonly Content[] | undefined;

  readonly #threads: ThreadChoice;
  readonly #profile: Profile = new Profile();
  /** All phases' kernels, in order, and what errors call the program. */
  readonly #kernels: readonly Kernel[];
  readonly #name: string;

  constructor(parts: Parts) {
    this.graph = parts.graph;
    this.compilation = parts.compilation;
    this.#threads = new ThreadChoice(parts.device.pool.threads);
    const { prepare, phases } = parts.order;
    this.#kernels = [...prepare, ...phases].flat();
    const read = new Set(phases.flat().flatMap(({ reads }) => reads));
    const ahead = new Set(prepare.flat().flatMap(({ reads }) => reads));
    this.#aheadInputs = parts.kernels.inputs.flatMap((buffer, i) => (ahead.has(buffer) ? [i] : []));
    this.#aheadOnly = new Set(this.#aheadInputs.filter((i) => !read.has(parts.kernels.inputs[i]!)));
    this.#name = programName(this.#kernels);
    this.#parts = parts;
    const { memory } = parts.device;
    this.#table = memory.allocate(slotOffset(parts.slots.size), "a program's table", tooLarge);
    this.#constants = memory.allocate(parts.constants.length, "a program's constants", tooLarge);
    memory.view("uint8", this.#constants.address, parts.constants.length).set(parts.constants);
    this.#kept = memory.allocate(parts.plan.kept.bytes, "a program's weights", tooLarge);
    const blocks = [this.#table, this.#constants, this.#kept];
    released.register(this, { device: parts.device, id: parts.id, blocks, staging: this.#staging });
  }

  async run(inputs: readonly ProgramInput[]): Promise<Storage[]> {
    const { device, plan, scratchBytes, order, slots, kernels } = this.#parts;
    const { memory, pool } = device;
    const scratchAt = Math.ceil(plan.arena.bytes / 64) * 64;
    const prepare =
      !this.#prepared || this.#aheadInputs.some((i, k) => !isHeld(inputs[i]!.storage, this.#prepared![k]!));
    const bytes = scratchAt + scratchBytes * pool.threads;
    const arena = memory.arena(bytes, this.#name, tooLarge);
    const addresses = new Map<number, number>();
    inputs.forEach((input, i) => {
      if (!prepare && this.#aheadOnly.has(i)) return;
      addresses.set(slots.get(kernels.inputs[i]!.id)!, this.#addressOf(input, i));
    });
    const resident = this.#residentOutputs(inputs);
    resident.forEach((storage, i) => {
      if (storage) addresses.set(slots.get(order.outputs[i]!.id)!, storage.address);
    });
    const table = memory.view("int32", this.#table.address, slotOffset(slots.size) / 4);
    table[tableLayout.badKernel / 4] = 0;
    table[tableLayout.arena / 4] = arena;
    table[tableLayout.constants / 4] = this.#constants.address;
    table[tableLayout.scratch / 4] = arena + scratchAt;
    table[tableLayout.scratchStride / 4] = scratchBytes;
    table[tableLayout.kept / 4] = this.#kept.address;
    table[tableLayout.prepare / 4] = prepare ? 1 : 0;
    if (prepare) this.#prepared = undefined;
    for (const [slot, address] of addresses) table[slotOffset(slot) / 4] = address;
    this.#execute(table, prepare);
    if (prepare) {
      this.#prepared = this.#aheadInputs.map((i) => contentOf(inputs[i]!.storage));
      for (const i of this.#aheadOnly) this.#unstage(i);
    }
    this.#checkIndices();
    return order.outputs.map(
      (buffer, i) => resident[i] ?? new HostStorage(this.#read(buffer, arena, addresses), buffer.dtype),
    );
  }

  /** Runs all kernels together, or one by one to take the time of each. */
  #execute(table: TypedArray, prepare: boolean): void {
    const { device, instance, id, order } = this.#parts;
    const run = (threads: number, firstKernel: number, kernelCount: number): void => {
      table[tableLayout.firstKernel / 4] = firstKernel;
      table[tableLayout.kernelCount / 4] = kernelCount;
      device.pool.run(id, instance, this.#table.address, threads);
    };
    if (!this.#profile.on) {
      const threads = this.#threads.next();
      const began = performance.now();
      run(threads, 0, this.#kernels.length);
      this.#threads.note(threads, performance.now() - began);
      return;
    }
    const threads = this.#threads.usual;
    run(threads, 0, 0); // wakes them, at the expense of no kernel
    this.#profile.beginRun();
    const first = prepare ? 0 : order.prepare.flat().length;
    for (let kernel = first; kernel < this.#kernels.length; kernel++)
      this.#profile.time(kernel, () => run(threads, kernel, 1));
  }

  /** New or reused memory for the outputs that stay here. */
  #residentOutputs(inputs: readonly ProgramInput[]): (WasmStorage | undefined)[] {
    const { memory } = this.#parts.device;
    return this.graph.outputs.map(({ resident, replaces }, i) => {
      if (!resident) return undefined;
      const old = replaces === undefined ? undefined : inputs[replaces]!;
      if (old?.donated && old.storage instanceof WasmStorage && old.storage.belongsTo(memory)) {
        old.storage.version++;
        return old.storage;
      }
      const { dtype, length } = this.#parts.order.outputs[i]!;
      return new WasmStorage(memory, dtype, length);
    });
  }

  #addressOf({ storage, lasting }: ProgramInput, i: number): number {
    const { memory, copies } = this.#parts.device;
    if (storage instanceof WasmStorage && storage.belongsTo(memory)) return storage.address;
    if (lasting && !this.#aheadOnly.has(i)) {
      const known = copies.get(storage) ?? this.#copyOfRepeated(storage, i);
      if (known) return known.address;
    }
    const bytes = storage.length * bytesPerElement(storage.dtype) + spareBytes;
    const block = this.#staging.get(i) ?? memory.allocate(bytes, "a program's argument", tooLarge);
    this.#staging.set(i, block);
    memory.view(storage.dtype, block.address, storage.length).set(storage.read());
    return block.address;
  }

  /** A lasting copy, once a storage comes again: one that was assigned a moment ago may be replaced as soon. */
  #copyOfRepeated(storage: Storage, i: number): WasmStorage | undefined {
    const { memory, copies } = this.#parts.device;
    if (this.#last.get(i)?.deref() !== storage) {
      this.#last.set(i, new WeakRef(storage));
      return undefined;
    }
    const copy = new WasmStorage(memory, storage.dtype, storage.length);
    copy.write(storage.read());
    copies.set(storage, copy);
    this.#unstage(i);
    return copy;
  }

  #unstage(i: number): void {
    const staged = this.#staging.get(i);
    if (staged) this.#parts.device.memory.release(staged);
    this.#staging.delete(i);
  }

  #read(buffer: Buffer, arena: number, addresses: ReadonlyMap<number, number>): ReturnType<Memory["view"]> {
    const { slots, plan, device } = this.#parts;
    const slot = slots.get(buffer.id);
    const address = slot === undefined ? arena + plan.arena.offsets.get(buffer.id)! : addresses.get(slot)!;
    return device.memory.view(buffer.dtype, address, buffer.length).slice();
  }

  #checkIndices(): void {
    const { device } = this.#parts;
    const words = device.memory.view("int32", this.#table.address, tableLayout.arena / 4);
    const [number, index, extent] = [0, 1, 2].map((i) => words[i]!);
    if (number === 0) return;
    const kernel = this.#kernels[number! - 1]!;
    throw new IndexError(`${kernel.name}: index ${index} is outside the axis, whose extent is ${extent}`);
  }

  describe(): KernelInfo[] {
    const { codes, order } = this.#parts;
    const ahead = new Set(order.prepare.flat());
    const times = this.#profile.summary(this.#kernels.length);
    return this.#kernels.map((kernel, i) => ({
      name: kernel.name,
      ...codes[i]!,
      ahead: ahead.has(kernel),
      shape: kernel.node.shape,
      macs: macsOf(kernel),
      bytes: [kernel.output, ...kernel.reads]
        .map((buffer) => buffer.length * bytesPerElement(buffer.dtype))
        .reduce((a, b) => a + b),
      ...times[i]!,
    }));
  }

  profile(on: boolean): void {
    this.#profile.switch(on);
  }

  kernelTimes(): readonly KernelTime[] {
    return this.#profile.times;
  }
}

function macsOf({ body }: Kernel): number {
  return nestsOf(body)
    .filter(({ kind }) => kind === "contraction" || kind === "winograd")
    .reduce((macs, { loops, expr }) => macs + product(loops) * stepsOf(expr), 0);
}

const released = new FinalizationRegistry<{
  device: Device;
  id: number;
  blocks: readonly Block[];
  staging: ReadonlyMap<number, Block>;
}>(({ device, id, blocks, staging }) => {
  for (const block of [...blocks, ...staging.values()]) device.memory.release(block);
  device.pool.unload(id).catch(() => undefined);
});
