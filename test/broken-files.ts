import { expect, it } from "vitest";
import { Draw } from "../src/core/draw.ts";
import { FileError } from "../src/core/errors.ts";

/** How much longer the slow run looks for trouble. */
const cases = process.env["FOVEA_SLOW"] ? 20 : 1;
/** No broken file may take longer, in milliseconds. */
const slowest = 1000;

/** A reader of files to be tested with broken ones. */
export interface Format {
  /** Sound files; broken ones are made of them. */
  readonly sound: () => Promise<readonly Uint8Array[]>;
  readonly parse: (bytes: Uint8Array) => Promise<void>;
  /** The most bytes that one byte of a file may make the reader allocate. */
  readonly ratio: number;
  readonly runs: number;
  /** How many bytes a file may lose at its end; a plain netpbm digits and spaces, a JPEG of one scan a marker. */
  readonly needless?: number;
  /** Breaks what a checksum or a length would otherwise shield; gives a whole file again. */
  readonly breakInside?: (bytes: Uint8Array, draw: Draw) => Uint8Array | Promise<Uint8Array>;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const extremes = [0, 1, 0x7f, 0x80, 0xff];

/** One damage of the kinds that disks, networks and attackers do. */
export function breakBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.int(0, bytes.length);
  const length = draw.int(0, Math.min(16, bytes.length - at));
  const before = bytes.subarray(0, at);
  const middle = bytes.subarray(at, at + length);
  const after = bytes.subarray(at + length);
  switch (draw.int(0, 6)) {
    case 0:
      return before;
    case 1:
      return concat(before, after);
    case 2:
      return concat(before, middle, middle, after);
    case 3:
      return concat(after, before);
    case 4:
      return concat(
        before,
        Uint8Array.from(middle, () => draw.int(0, 255)),
        after,
      );
    case 5:
      return concat(before, middle.slice().fill(draw.pick(extremes)), after);
    default: {
      const flipped = new Uint8Array(bytes);
      for (let flips = draw.int(1, 4); flips > 0 && flipped.length > 0; flips--) {
        flipped[draw.int(0, flipped.length - 1)]! ^= 1 << draw.int(0, 7);
      }
      return flipped;
    }
  }
}

const numbers = [
  "0",
  "-1",
  "1",
  "2",
  "4294967296",
  "9007199254740991",
  "1e400",
  "99999999999999999999",
  "0.5",
  "",
];
const marks = [..."{}[]():,'\"# \n\\0", "null", "True", "\ud7ff", "\u0000"];

/** Replaces a number, or puts a mark in or out, so that the file stays a text of nearly the right form. */
export function breakText(value: string, draw: Draw): string {
  const found = [...value.matchAll(/\d+/g)];
  if (found.length > 0 && draw.bool()) {
    const { 0: digits, index } = draw.pick(found);
    return value.slice(0, index) + draw.pick(numbers) + value.slice(index + digits.length);
  }
  const at = draw.int(0, value.length);
  return value.slice(0, at) + draw.pick(marks) + value.slice(at + draw.int(0, 2));
}

const counted = ["Uint8Array", "Uint8ClampedArray", "Uint16Array", "Int16Array", "Uint32Array"] as const;

/** Runs `action` and gives the bytes of the typed arrays that were allocated by length meanwhile. */
async function allocatedBy(action: () => Promise<void>): Promise<number> {
  let bytes = 0;
  const globals = globalThis as unknown as Record<string, { readonly BYTES_PER_ELEMENT: number }>;
  const originals = counted.map((name) => globals[name]!);
  for (const [i, name] of counted.entries()) {
    globals[name] = new Proxy(originals[i]!, {
      construct(target, args: unknown[], newTarget) {
        const first = args[0] as { length?: number } | number | undefined;
        const isView = first instanceof ArrayBuffer || first instanceof SharedArrayBuffer;
        const length = typeof first === "number" ? first : isView ? 0 : (first?.length ?? 0);
        bytes += length * target.BYTES_PER_ELEMENT;
        return Reflect.construct(target as unknown as typeof Uint8Array, args, newTarget);
      },
    });
  }
  try {
    await action();
  } finally {
    for (const [i, name] of counted.entries()) globals[name] = originals[i]!;
  }
  return bytes;
}

/** Parses `bytes`; gives what is wrong with how the reader took it, or whether it accepted the file. */
async function judge({ parse, ratio }: Format, bytes: Uint8Array): Promise<string | boolean> {
  const start = performance.now();
  let problem: string | boolean = true;
  const allocated = await allocatedBy(async () => {
    try {
      await parse(bytes);
    } catch (error) {
      problem = complaintAbout(error, bytes);
    }
  });
  if (performance.now() - start > slowest) return `took ${performance.now() - start} ms`;
  if (allocated > bytes.length * ratio + 4096) return `allocated ${allocated} bytes for ${bytes.length}`;
  return problem;
}

function complaintAbout(error: unknown, bytes: Uint8Array): string | false {
  if (!(error instanceof FileError)) return `threw ${error instanceof Error ? error.stack : error}`;
  if (error.file.split("/")[0] !== "fuzz") return `named the file ${error.file}`;
  if (error.offset === undefined) return `gave no offset: ${error.message}`;
  // What is packed in a file counts from its own begin, and may be longer than the file.
  const longest = error.file.includes("/") ? Number.POSITIVE_INFINITY : bytes.length;
  if (!Number.isSafeInteger(error.offset) || error.offset < 0 || error.offset > longest) {
    return `gave the offset ${error.offset} in ${bytes.length} bytes`;
  }
  return false;
}

async function expectSound(format: Format, bytes: Uint8Array, how: string): Promise<boolean> {
  const judgement = await judge(format, bytes);
  if (typeof judgement === "string") {
    throw new Error(`${how}: ${judgement}\n${Buffer.from(bytes).toString("base64")}`);
  }
  return judgement;
}

/**
 * The tests that every reader of files passes: it gives what was asked for or a FileError, quickly, and allocates in
 * proportion to the file.
 */
export function testBrokenFiles(name: string, format: Format): void {
  it("are refused when cut at any length", async () => {
    for (const [i, bytes] of (await format.sound()).entries()) {
      expect(await expectSound(format, bytes, "sound file")).toBe(true);
      for (let length = 0; length < bytes.length; length++) {
        const accepted = await expectSound(
          format,
          bytes.subarray(0, length),
          `${name} file ${i} cut at ${length}`,
        );
        if (length < bytes.length - (format.needless ?? 0))
          expect([length, accepted]).toEqual([length, false]);
      }
    }
  });

  it(`are parsed or refused, whatever is wrong with them (${format.runs * cases} files)`, async () => {
    const files = await format.sound();
    let refused = 0;
    for (let seed = 0; seed < format.runs * cases; seed++) {
      const draw = new Draw(seed);
      let bytes = draw.pick(files);
      if (format.breakInside && draw.bool()) bytes = await format.breakInside(bytes, draw);
      else bytes = breakBytes(bytes, draw);
      if (draw.bool(0.3)) bytes = breakBytes(bytes, draw);
      if (!(await expectSound(format, bytes, `seed ${seed}`))) refused++;
    }
    // Most damage must be noticed, or the damage was not done.
    expect(refused).toBeGreaterThan((format.runs * cases) / 4);
  });
}
