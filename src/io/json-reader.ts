import { FileError } from "../core/errors.ts";
import { quoted } from "./byte-reader.ts";

/**
 * Reads JSON (RFC 8259) by asking for what must come next, so that a wrong value is reported where it stands.
 *
 * Unlike JSON.parse it refuses duplicate keys and lone surrogates, keeps integers exact or refuses them, and cannot
 * exhaust the stack: nesting is as deep as the caller asks.
 */
export class JsonReader {
  readonly #text: string;
  readonly #file: string;
  readonly #start: number;
  #at = 0;

  /** Reads `bytes`, which stand at byte `start` of `file`. @throws FileError if they are not UTF-8. */
  constructor(bytes: Uint8Array, file: string, start: number) {
    this.#file = file;
    this.#start = start;
    try {
      this.#text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new FileError(file, "the JSON header is not UTF-8", start, { cause });
    }
  }

  /** Calls `entry` for each key; it must read the value. `at` is where the key stands, to be given to error(). */
  object(entry: (key: string, at: number) => void): void {
    const keys = new Set<string>();
    this.#list("{", "}", () => {
      this.#skipSpace();
      const at = this.#at;
      const key = this.string();
      if (keys.has(key)) throw this.error(`the key ${quoted(key)} occurs twice`, at);
      keys.add(key);
      this.#expect(":");
      entry(key, at);
    });
  }

  /** Calls `item` for each element; it must read the element. */
  array(item: () => void): void {
    this.#list("[", "]", item);
  }

  string(): string {
    this.#expect('"');
    const start = this.#at - 1;
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw this.error("the string has no end", start);
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at++;
    const value = this.#unescape(start);
    if (/\p{Surrogate}/u.test(value)) throw this.error("the string holds half a surrogate pair", start);
    return value;
  }

  /** A number that is natural and exact: digits only, at most 2^53 - 1. */
  natural(): number {
    this.#skipSpace();
    const start = this.#at;
    while (this.#at < this.#text.length && "+-.0123456789Ee".includes(this.#text[this.#at]!)) this.#at++;
    const token = this.#text.slice(start, this.#at);
    const value = Number(token);
    if (!Number.isSafeInteger(value) || value < 0 || String(value) !== token) {
      const found = token === "" ? this.#found() : quoted(token);
      throw this.error(`expected a natural number of at most 2^53 - 1, found ${found}`, start);
    }
    return value;
  }

  /** Checks that nothing but white space is left. */
  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length)
      throw this.error(`expected the end of the JSON, found ${this.#found()}`);
  }

  /** An error at a place of the text. */
  error(problem: string, at: number = this.#at): FileError {
    const bytesBefore = new TextEncoder().encode(this.#text.slice(0, at)).length;
    return new FileError(this.#file, problem, this.#start + bytesBefore);
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.#accept(close)) return;
    do item();
    while (this.#accept(","));
    this.#expect(close);
  }

  #unescape(start: number): string {
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      throw this.error("the string has a control character or a wrong escape", start);
    }
  }

  #accept(symbol: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw this.error(`expected ${symbol}, found ${this.#found()}`);
  }

  #found(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "the end" : quoted(String.fromCodePoint(code));
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && " \t\n\r".includes(this.#text[this.#at]!)) this.#at++;
  }
}
