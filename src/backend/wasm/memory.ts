import { spareBytes } from "../../compiler/memory-plan.ts";
import type { DType, TypedArray } from "../../core/dtype.ts";
import { bytesPerElement } from "../../core/dtype.ts";
import { MemoryError } from "../../core/errors.ts";
import type { Storage } from "../../core/storage.ts";
import { firstAddress } from "./control-block.ts";

const pageBytes = 65_536;
const alignment = 64;
/** memory32 ends at 4 GiB; the last page stays free so that no address overflows. */
const maximumPages = 65_535;

/** A piece of the backend's memory. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
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
  /** Free blocks by address, never touching each other. */
  #free: Block[] = [];
  #end = 0;
  /** The least recently held first. */
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
    this.#free = [{ address: firstAddress, bytes: this.#end - firstAddress }];
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
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const at = this.#room(size, what, hint);
    const found = this.#free[at]!;
    if (found.bytes === size) this.#free.splice(at, 1);
    else this.#free[at] = { address: found.address + size, bytes: found.bytes - size };
    this.used += size;
    return { address: found.address, bytes: size };
  }

  /** The index of a free block of so many bytes, for which memory grows or else what can be made again goes. */
  #room(size: number, what: string, hint: string): number {
    for (;;) {
      const at = this.#free.findIndex((block) => block.bytes >= size);
      if (at >= 0) return at;
      try {
        this.#grow(size, what, hint);
      } catch (error) {
        if (!this.#revoke()) throw error;
      }
    }
  }

  #revoke(): boolean {
    for (const revocable of this.#revocable) {
      if (revocable.held) continue;
      this.forget(revocable);
      return true;
    }
    return false;
  }

  /** Keeps a block from being taken away until `held` is false again; one that is not there is made, with any content. */
  hold(revocable: Revocable, bytes: number, what: string, hint: string): Block {
    this.#revocable.delete(revocable);
    this.#revocable.add(revocable);
    revocable.held = true;
    revocable.block ??= this.allocate(bytes, what, hint);
    return revocable.block;
  }

  forget(revocable: Revocable): void {
    this.#revocable.delete(revocable);
    if (revocable.block) this.release(revocable.block);
    revocable.block = undefined;
  }

  release(block: Block): void {
    if (block.bytes === 0) return;
    this.used -= block.bytes;
    const next = this.#free.findIndex((free) => free.address > block.address);
    const at = next < 0 ? this.#free.length : next;
    this.#free.splice(at, 0, block);
    this.#join(at);
    if (at > 0) this.#join(at - 1);
  }

  /** Joins the free block at a position with the one after it, if they touch. */
  #join(at: number): void {
    const [a, b] = [this.#free[at], this.#free[at + 1]];
    if (!a || !b || a.address + a.bytes !== b.address) return;
    this.#free.splice(at, 2, { address: a.address, bytes: a.bytes + b.bytes });
  }

  #grow(bytes: number, what: string, hint: string): void {
    const last = this.#free.at(-1);
    const tail = last && last.address + last.bytes === this.#end ? last.bytes : 0;
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
    this.#free.push({ address: this.#end, bytes: end - this.#end });
    this.#end = end;
    this.#join(this.#free.length - 2);
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
