/** A piece of the backend's memory. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** Free blocks by address, never touching each other. */
export class FreeList {
  readonly #blocks: Block[] = [];

  /** Takes `bytes` from the first block that is large enough; undefined if none is. */
  take(bytes: number): Block | undefined {
    const at = this.#blocks.findIndex((block) => block.bytes >= bytes);
    if (at < 0) return undefined;
    const found = this.#blocks[at]!;
    if (found.bytes === bytes) this.#blocks.splice(at, 1);
    else this.#blocks[at] = { address: found.address + bytes, bytes: found.bytes - bytes };
    return { address: found.address, bytes };
  }

  give(block: Block): void {
    const next = this.#blocks.findIndex((free) => free.address > block.address);
    const at = next < 0 ? this.#blocks.length : next;
    this.#blocks.splice(at, 0, block);
    this.#join(at);
    if (at > 0) this.#join(at - 1);
  }

  /** Bytes of the free block that ends at an address; 0 if none does. */
  bytesBefore(end: number): number {
    const last = this.#blocks.findLast((block) => block.address + block.bytes === end);
    return last?.bytes ?? 0;
  }

  /** Joins the block at a position with the one after it, if they touch. */
  #join(at: number): void {
    const [a, b] = [this.#blocks[at], this.#blocks[at + 1]];
    if (!a || !b || a.address + a.bytes !== b.address) return;
    this.#blocks.splice(at, 2, { address: a.address, bytes: a.bytes + b.bytes });
  }
}
