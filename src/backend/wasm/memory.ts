import { spareBytes } from "../../compiler/memory-plan.ts";
import type { DType, TypedArray } from "../../core/dtype.ts";
import { bytesPerElement } from "../../core/dtype.ts";
import { MemoryError } from "../../core/errors.ts";
import type { Storage } from "../../core/storage.ts";
import { firstAddress } from "./control-block.ts";
import { type Block, FreeList } from "./free-list.ts";

const pageBytes = 65_536;
const alignment = 64;
/**
 * Blocks of at most `bytes` that stay until they are released lie together in pools: between large blocks that come and go
 * they would leave no room for larger ones.
 */
const small = { bytes: 2 ** 18, poolBytes: 2 ** 20 } as const;
/** memory32 ends at 4 GiB; the last page stays free so that no address overflows. */
const maximumPages = 65_535;

function roundUp(bytes: number): number {
  return Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
}

/** A block whose content its owner can make again: when memory is short it is taken away, unless it is held. */
export interface Revocable {
  block: Block | undefined;
  held: boolean;
}

/** One linear memory with a free list: variables, tables and the arena that all programs share. */
export class Memory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  readonly #free: FreeList = new FreeList();
  /** What is free in the pools of small blocks. */
  readonly #smallFree: FreeList = new FreeList();
  #end = 0;
  readonly #revocable: Set<Revocable> = new Set();
  #arena: Block = { address: 0, bytes: 0 };
  /** Bytes handed out and not given back. */
  used = 0;

  constructor(shared: boolean) {
    this.shared = shared;
    this.memory = new WebAssembly.Memory({
      initial: 32,
      maximum: maximumPages,
      ...(shared && { shared: true }),
    });
    this.#end = this.memory.buffer.byteLength;
    this.#free.give({ address: firstAddress, bytes: this.#end - firstAddress });
  }

  static get limits(): { readonly maximumPages: number } {
    return { maximumPages };
  }

  /** Refuses what no 32-bit memory can hold, before code with such addresses is made. */
  static refuseBeyondLimit(bytes: number, what: string, hint: string): void {
    const limit = maximumPages * pageBytes;
    if (bytes > limit) throw new MemoryError(what, bytes, limit, hint);
  }

  /** Reserves zeroed or used memory; @param what and @param hint are for the error. */
  allocate(bytes: number, what: string, hint: string): Block {
    const size = roundUp(bytes);
    const block = size <= small.bytes ? this.#takeSmall(size, what, hint) : this.#take(size, what, hint);
    this.used += size;
    return block;
  }

  #takeSmall(size: number, what: string, hint: string): Block {
    const found = this.#smallFree.take(size);
    if (found) return found;
    this.#smallFree.give(this.#take(small.poolBytes, what, hint));
    return this.#smallFree.take(size)!;
  }

  /** A free block, for which memory grows or else what can be made again goes. */
  #take(size: number, what: string, hint: string): Block {
    for (;;) {
      const found = this.#free.take(size);
      if (found) return found;
      try {
        this.#grow(size, what, hint);
      } catch (error) {
        if (!this.#revoke()) throw error;
      }
    }
  }

  /** Takes away everything that is not held: one by one would leave holes all over that no large block fits into. */
  #revoke(): boolean {
    const free = [...this.#revocable].filter(({ held }) => !held);
    for (const revocable of free) this.forget(revocable);
    return free.length > 0;
  }

  /** Keeps a block from being taken away until `held` is false again; one that is not there is made, with any content. */
  hold(revocable: Revocable, bytes: number, what: string, hint: string): Block {
    this.#revocable.add(revocable);
    revocable.held = true;
    if (!revocable.block) {
      revocable.block = this.#take(roundUp(bytes), what, hint);
      this.used += revocable.block.bytes;
    }
    return revocable.block;
  }

  forget(revocable: Revocable): void {
    this.#revocable.delete(revocable);
    if (!revocable.block) return;
    this.used -= revocable.block.bytes;
    this.#free.give(revocable.block);
    revocable.block = undefined;
  }

  release(block: Block): void {
    if (block.bytes === 0) return;
    this.used -= block.bytes;
    (block.bytes <= small.bytes ? this.#smallFree : this.#free).give(block);
  }

  #grow(bytes: number, what: string, hint: string): void {
    const tail = this.#free.bytesBefore(this.#end);
    const missing = bytes - tail;
    const limit = maximumPages * pageBytes;
    if (this.#end + missing > limit) throw new MemoryError(what, bytes, limit - this.#end + tail, hint);
    // Some spare room, so that many small blocks do not mean many small steps.
    const wanted = Math.min(Math.max(missing, Math.min(this.#end / 4, 2 ** 26)), limit - this.#end);
    const pages = Math.ceil(Math.max(missing, wanted) / pageBytes);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      try {
        this.memory.grow(Math.ceil(missing / pageBytes));
      } catch {
        throw new MemoryError(
          what,
          bytes,
          this.#end,
          `${hint}; the system gave no more memory (${String(cause)})`,
        );
      }
    }
    const end = this.memory.buffer.byteLength;
    this.#free.give({ address: this.#end, bytes: end - this.#end });
    this.#end = end;
  }

  /** The arena, grown to at least `bytes`; what was in it is lost when it grows. */
  arena(bytes: number, what: string, hint: string): number {
    if (this.#arena.bytes < bytes) {
      this.release(this.#arena);
      this.#arena = { address: 0, bytes: 0 };
      this.#arena = this.allocate(bytes, what, hint);
    }
    return this.#arena.address;
  }

  view(dtype: DType, address: number, length: number): TypedArray {
    const { buffer } = this.memory;
    if (dtype === "float32") return new Float32Array(buffer, address, length);
    if (dtype === "int32") return new Int32Array(buffer, address, length);
    return new Uint8Array(buffer, address, length);
  }
}

/** A tensor's elements in the backend's memory; the memory is given back when nobody holds the storage any more. */
export class WasmStorage implements Storage {
  readonly dtype: DType;
  readonly length: number;
  readonly address: number;
  /** Counts how often the content has changed. */
  version = 0;
  readonly #memory: Memory;

  constructor(memory: Memory, dtype: DType, length: number) {
    this.dtype = dtype;
    this.length = length;
    this.#memory = memory;
    const bytes = length * bytesPerElement(dtype) + spareBytes;
    const block = memory.allocate(
      bytes,
      `a variable of ${length} elements`,
      "use a smaller model or fewer of them",
    );
    this.address = block.address;
    released.register(this, { memory, block });
  }

  belongsTo(memory: Memory): boolean {
    return memory === this.#memory;
  }

  read(): TypedArray {
    return this.#memory.view(this.dtype, this.address, this.length).slice();
  }

  write(data: TypedArray): void {
    this.version++;
    this.#memory.view(this.dtype, this.address, this.length).set(data);
  }
}

const released = new FinalizationRegistry<{ memory: Memory; block: Block }>(({ memory, block }) => {
  memory.release(block);
});
