/** What JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** What an experiment found. */
export interface Report {
  /** One paragraph that follows from the numbers. */
  readonly summary: string;
  /** What the claim comes to, checked on the numbers one by one. */
  readonly verdicts: readonly Verdict[];
  readonly tables: readonly Table[];
  readonly pictures: readonly Picture[];
  /** All numbers. */
  readonly data: Json;
}

/** One statement that numbers decide. */
export interface Verdict {
  readonly statement: string;
  /** Computed, never written down beforehand. */
  readonly holds: boolean;
  /** The numbers that decided, in words. */
  readonly found: string;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What the columns mean, where that needs saying. */
  readonly note?: string;
}

/** A drawing, as SVG or as PNG. */
export interface Picture {
  /** The file's name, without its ending. */
  readonly name: string;
  readonly caption: string;
  readonly svg?: string;
  readonly png?: Uint8Array;
}

/** The file that a picture becomes. */
export function pictureFile({ name, svg }: Picture): string {
  return `${name}.${svg === undefined ? "png" : "svg"}`;
}
