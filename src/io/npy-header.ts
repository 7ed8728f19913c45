import { FileError } from "../core/errors.ts";
import { quoted } from "./byte-reader.ts";

/** What the header of an npy file says. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/**
 * Reads the header of an npy file, a Python dictionary with the keys `descr`, `fortran_order` and `shape`, each once.
 *
 * `start` is the byte at which the header stands. Versions 1 and 2 are Latin-1, version 3 is UTF-8.
 */
export function parseNpyHeader(bytes: Uint8Array, version: number, file: string, start: number): NpyHeader {
  let text: string;
  try {
    text = new TextDecoder(version === 3 ? "utf-8" : "latin1", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(file, "the npy header is not UTF-8", start, { cause });
  }
  const python = new PythonLiteralReader(text, file, start);
  let descr: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  python.sequence("{", "}", () => {
    const key = python.string();
    python.expect(":");
    if (key === "descr" && descr === undefined) descr = python.string();
    else if (key === "fortran_order" && fortranOrder === undefined) fortranOrder = python.boolean();
    else if (key === "shape" && shape === undefined) shape = python.tuple();
    else throw python.error(`the npy header has ${quoted(key)} twice or needlessly`);
  });
  python.end();
  if (descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw new FileError(file, "the npy header lacks one of descr, fortran_order and shape", start);
  }
  return { descr, fortranOrder, shape };
}

/** Reads the few Python literals that npy headers are made of. */
class PythonLiteralReader {
  readonly #text: string;
  readonly #file: string;
  readonly #start: number;
  #at = 0;

  constructor(text: string, file: string, start: number) {
    this.#text = text;
    this.#file = file;
    this.#start = start;
  }

  /** Items between brackets, separated by commas, one of which may follow the last; gives whether one did. */
  sequence(open: string, close: string, item: () => void): boolean {
    this.expect(open);
    let comma = false;
    while (!this.#accept(close)) {
      item();
      comma = this.#accept(",");
      if (comma) continue;
      this.expect(close);
      return false;
    }
    return comma;
  }

  tuple(): number[] {
    const extents: number[] = [];
    const comma = this.sequence("(", ")", () => extents.push(this.#natural()));
    if (extents.length === 1 && !comma) throw this.error("a tuple of one extent needs a comma");
    return extents;
  }

  string(): string {
    const quote = this.#accept("'") ? "'" : '"';
    if (quote === '"') this.expect('"', "a string");
    const end = this.#text.indexOf(quote, this.#at);
    const value = this.#text.slice(this.#at, end);
    if (end < 0 || value.includes("\\")) throw this.error("the string has no end, or an escape");
    this.#at = end + 1;
    return value;
  }

  boolean(): boolean {
    if (this.#accept("True")) return true;
    this.expect("False", "True or False");
    return false;
  }

  #natural(): number {
    this.#skipSpace();
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(start, this.#at);
    const value = Number(digits);
    if (digits === "" || !Number.isSafeInteger(value)) {
      this.#at = start;
      throw this.error("an extent is no natural number of at most 2^53 - 1");
    }
    this.#accept("L"); // Python 2 wrote long integers so.
    return value;
  }

  expect(symbol: string, what: string = symbol): void {
    if (!this.#accept(symbol)) {
      const found = this.#text.slice(this.#at, this.#at + 12);
      throw this.error(`the npy header should have ${what} where it has ${quoted(found)}`);
    }
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.error("the npy header goes on after its dictionary");
  }

  error(problem: string): FileError {
    return new FileError(this.#file, problem, this.#start + this.#at);
  }

  #accept(symbol: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(symbol, this.#at)) return false;
    this.#at += symbol.length;
    return true;
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && " \t\n\r\f".includes(this.#text[this.#at]!)) this.#at++;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
