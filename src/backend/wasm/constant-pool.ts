import { spareBytes } from "../../compiler/memory-plan.ts";
import type { TypedArray } from "../../core/dtype.ts";

/** Collects tables that never change into one run of bytes; equal tables are stored once. */
export class ConstantPool {
  readonly #tables: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #known = new Map<string, number>();
  #end = 0;

  /** Returns the table's offset from the beginning. */
  add(table: TypedArray): number {
    const key = `${table.constructor.name}:${table.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const offset = this.#end;
    this.#tables.push({ offset, bytes: new Uint8Array(table.buffer, table.byteOffset, table.byteLength) });
    this.#known.set(key, offset);
    // Vectors may read a little beyond a table's end.
    this.#end = Math.ceil((offset + table.byteLength + spareBytes) / 16) * 16;
    return offset;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#end);
    for (const { offset, bytes } of this.#tables) all.set(bytes, offset);
    return all;
  }
}
