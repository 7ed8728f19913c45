import { spareBytes } from "../../compiler/memory-plan.ts";
import type { KernelInfo, Program, ProgramInput } from "../../core/backend.ts";
import { bytesPerElement, type TypedArray } from "../../core/dtype.ts";
import { IndexError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import { type KernelTime, type PhaseTime, Profile } from "../../core/profile.ts";
import { HostStorage, type Storage } from "../../core/storage.ts";
import type { Target } from "./make-image.ts";
import { type Block, type Memory, type Revocable, WasmStorage } from "./memory.ts";
import type { ProgramCache } from "./program-cache.ts";
import type { OutputLayout, ProgramImage, ProgramLayout, ResidentPlace } from "./program-image.ts";
import { slotOffset, tableLayout } from "./table.ts";
import { ThreadChoice } from "./thread-choice.ts";
import type { ThreadPool } from "./threads.ts";

/** What programs share: memory, threads, and copies of host storages that come again. */
export interface Device {
  readonly memory: Memory;
  readonly pool: ThreadPool;
  readonly target: Target;
  readonly cache: ProgramCache | undefined | Promise<ProgramCache | undefined>;
  readonly copies: WeakMap<Storage, WasmStorage>;
}

export const tooLarge =
  "lower the batch size or the image size, or use checkpoint() to recompute activations";

/** Variables of so many bytes are copied from the host before kernels that run ahead read them, and make room again. */
const stagingBytes = 2 ** 24;

/** What errors call a program. */
export function programName(kernels: number): string {
  return `a program with ${kernels} kernels`;
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

/** A program that is ready to run on a device. */
export interface ProgramParts {
  readonly graph: Graph;
  readonly image: ProgramImage;
  readonly compilation: readonly PhaseTime[];
  readonly device: Device;
  readonly instance: WebAssembly.Instance;
  /** The number under which the threads know it. */
  readonly id: number;
}

export class WasmProgram implements Program {
  readonly graph: Graph;
  readonly compilation: readonly PhaseTime[];
  readonly #layout: ProgramLayout;
  readonly #device: Device;
  readonly #instance: WebAssembly.Instance;
  readonly #id: number;
  readonly #table: Block;
  readonly #constants: Block;
  /** What was computed ahead. */
  readonly #kept: Revocable = { block: undefined, held: false };
  /** Where arguments from the host are copied to, by input; made when first needed. */
  readonly #staging: Map<number, Revocable> = new Map();

  /** What each lasting input was filled from at the last run. */
  readonly #last: Map<number, WeakRef<Storage>> = new Map();

  /** Inputs that are read by what is computed ahead, and those that nothing else reads. */
  readonly #aheadInputs: readonly number[];
  readonly #aheadOnly: ReadonlySet<number>;
  /** What the inputs of that held when it was computed last. */
  #prepared: readonly Content[] | undefined;

  readonly #threads: ThreadChoice;
  readonly #profile: Profile = new Profile();
  readonly #name: string;

  constructor({ graph, image, compilation, device, instance, id }: ProgramParts) {
    const { layout, constants } = image;
    this.graph = graph;
    this.compilation = compilation;
    this.#layout = layout;
    this.#device = device;
    this.#instance = instance;
    this.#id = id;
    this.#threads = new ThreadChoice(device.pool.threads);
    this.#aheadInputs = [...new Set(layout.aheadReads.flat())];
    this.#aheadOnly = new Set(this.#aheadInputs.filter((i) => !layout.readLater[i]));
    this.#name = programName(layout.kernels.length);
    const { memory } = device;
    this.#table = memory.allocate(slotOffset(layout.slots), "a program's table", tooLarge);
    this.#constants = memory.allocate(constants.length, "a program's constants", tooLarge);
    memory.view("uint8", this.#constants.address, constants.length).set(constants);
    this.#hold();
    this.#kept.held = false;
    const blocks = [this.#table, this.#constants];
    released.register(this, { device, id, blocks, staging: this.#staging, kept: this.#kept });
  }

  async run(inputs: readonly ProgramInput[]): Promise<Storage[]> {
    if (!this.#kept.block) this.#prepared = undefined;
    try {
      return this.#run(inputs, this.#hold());
    } finally {
      for (const revocable of [this.#kept, ...this.#staging.values()]) revocable.held = false;
    }
  }

  /** Where what was computed ahead is, or shall be. */
  #hold(): number {
    const { keptBytes } = this.#layout;
    return this.#device.memory.hold(this.#kept, keptBytes, "a program's weights", tooLarge).address;
  }

  /** @param kept where what was computed ahead is. */
  #run(inputs: readonly ProgramInput[], kept: number): Storage[] {
    const { memory, pool } = this.#device;
    const { arenaBytes, scratchBytes, outputs, kernels, aheadReads } = this.#layout;
    const scratchAt = Math.ceil(arenaBytes / 64) * 64;
    const prepare =
      !this.#prepared || this.#aheadInputs.some((i, k) => !isHeld(inputs[i]!.storage, this.#prepared![k]!));
    const bytes = scratchAt + scratchBytes * pool.threads;
    const arena = memory.arena(bytes, this.#name, tooLarge);
    const addresses = new Map<number, number>();
    inputs.forEach((input, i) => {
      if (!this.#aheadOnly.has(i)) addresses.set(i, this.#addressOf(input, i));
    });
    const results = outputs.map((output) => {
      if (output.place.kind === "arena") return undefined;
      const storage = this.#residentOutput(output, output.place, inputs);
      addresses.set(output.place.slot, storage.address);
      return storage;
    });
    const table = this.#words();
    table[tableLayout.badKernel / 4] = 0;
    table[tableLayout.arena / 4] = arena;
    table[tableLayout.constants / 4] = this.#constants.address;
    table[tableLayout.scratch / 4] = arena + scratchAt;
    table[tableLayout.scratchStride / 4] = scratchBytes;
    table[tableLayout.kept / 4] = kept;
    for (const [slot, address] of addresses) table[slotOffset(slot) / 4] = address;
    const threads = this.#profile.on ? this.#threads.usual : this.#threads.next();
    if (this.#profile.on) {
      this.#dispatch(threads, 0, 0); // wakes them, at the expense of no kernel
      this.#profile.beginRun();
    }
    if (prepare) this.#prepare(inputs, threads);
    const began = performance.now();
    this.#execute(threads, aheadReads.length, kernels.length);
    if (!this.#profile.on) this.#threads.note(threads, performance.now() - began);
    this.#checkIndices();
    return outputs.map(({ dtype, length, place }, i) => {
      if (place.kind === "resident") return results[i]!;
      return new HostStorage(memory.view(dtype, arena + place.offset, length).slice(), dtype);
    });
  }

  /**
   * Computes what depends only on variables, a few kernels at a time, so that the copies of variables that are on the host
   * share memory.
   */
  #prepare(inputs: readonly ProgramInput[], threads: number): void {
    const { aheadReads } = this.#layout;
    this.#prepared = undefined;
    this.#words()[tableLayout.prepare / 4] = 1;
    const lastReader = new Map(aheadReads.flatMap((reads, kernel) => reads.map((i) => [i, kernel] as const)));
    const staged = new Set<number>();
    let first = 0;
    let bytes = 0;
    const runUpTo = (end: number): void => {
      if (first < end) this.#execute(threads, first, end);
      for (const i of staged) {
        if (lastReader.get(i)! >= end) continue;
        this.#unstage(i);
        staged.delete(i);
      }
      first = end;
      bytes = 0;
    };
    aheadReads.forEach((reads, kernel) => {
      for (const i of reads) {
        if (!this.#aheadOnly.has(i) || staged.has(i)) continue;
        const { storage } = inputs[i]!;
        if (bytes > stagingBytes && kernel > first) runUpTo(kernel);
        const address = this.#addressOf(inputs[i]!, i);
        this.#words()[slotOffset(i) / 4] = address;
        staged.add(i);
        bytes += storage.length * bytesPerElement(storage.dtype);
      }
    });
    runUpTo(aheadReads.length);
    this.#words()[tableLayout.prepare / 4] = 0;
    this.#prepared = this.#aheadInputs.map((i) => contentOf(inputs[i]!.storage));
  }

  /** Runs the kernels of a range together, or one by one to take the time of each. */
  #execute(threads: number, first: number, end: number): void {
    if (!this.#profile.on) {
      this.#dispatch(threads, first, end - first);
      return;
    }
    for (let kernel = first; kernel < end; kernel++)
      this.#profile.time(kernel, () => this.#dispatch(threads, kernel, 1));
  }

  #dispatch(threads: number, firstKernel: number, kernelCount: number): void {
    const table = this.#words();
    table[tableLayout.firstKernel / 4] = firstKernel;
    table[tableLayout.kernelCount / 4] = kernelCount;
    this.#device.pool.run(this.#id, this.#instance, this.#table.address, threads);
  }

  /** The table, seen anew as memory may have grown. */
  #words(): TypedArray {
    return this.#device.memory.view("int32", this.#table.address, slotOffset(this.#layout.slots) / 4);
  }

  /** New or reused memory for an output that stays here. */
  #residentOutput(
    { dtype, length }: OutputLayout,
    { replaces }: ResidentPlace,
    inputs: readonly ProgramInput[],
  ): WasmStorage {
    const { memory } = this.#device;
    const old = replaces === undefined ? undefined : inputs[replaces]!;
    if (old?.donated && old.storage instanceof WasmStorage && old.storage.belongsTo(memory)) {
      old.storage.version++;
      return old.storage;
    }
    return new WasmStorage(memory, dtype, length);
  }

  #addressOf({ storage, lasting }: ProgramInput, i: number): number {
    const { memory, copies } = this.#device;
    if (storage instanceof WasmStorage && storage.belongsTo(memory)) return storage.address;
    if (lasting && !this.#aheadOnly.has(i)) {
      const known = copies.get(storage) ?? this.#copyOfRepeated(storage, i);
      if (known) return known.address;
    }
    const bytes = storage.length * bytesPerElement(storage.dtype) + spareBytes;
    const staging = this.#staging.get(i) ?? { block: undefined, held: false };
    this.#staging.set(i, staging);
    const { address } = memory.hold(staging, bytes, "a program's argument", tooLarge);
    memory.view(storage.dtype, address, storage.length).set(storage.read());
    return address;
  }

  /** A lasting copy, once a storage comes again: one that was assigned a moment ago may be replaced as soon. */
  #copyOfRepeated(storage: Storage, i: number): WasmStorage | undefined {
    const { memory, copies } = this.#device;
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
    if (staged) this.#device.memory.forget(staged);
    this.#staging.delete(i);
  }

  #checkIndices(): void {
    const words = this.#words();
    const [number, index, extent] = [0, 1, 2].map((i) => words[i]!);
    if (number === 0) return;
    const kernel = this.#layout.kernels[number! - 1]!;
    throw new IndexError(`${kernel.name}: index ${index} is outside the axis, whose extent is ${extent}`);
  }

  describe(): KernelInfo[] {
    const { kernels } = this.#layout;
    const times = this.#profile.summary(kernels.length);
    return kernels.map((kernel, i) => ({ ...kernel, ...times[i]! }));
  }

  profile(on: boolean): void {
    this.#profile.switch(on);
  }

  kernelTimes(): readonly KernelTime[] {
    return this.#profile.times;
  }
}

const released = new FinalizationRegistry<{
  device: Device;
  id: number;
  blocks: readonly Block[];
  staging: ReadonlyMap<number, Revocable>;
  kept: Revocable;
}>(({ device, id, blocks, staging, kept }) => {
  for (const block of blocks) device.memory.release(block);
  for (const revocable of [kept, ...staging.values()]) device.memory.forget(revocable);
  device.pool.unload(id).catch(() => undefined);
});
