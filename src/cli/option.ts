import { suggestion } from "../core/nearest.ts";
import { UsageError } from "./usage-error.ts";

/** One setting of a command: how its text becomes a value, and what the help says about it. */
export interface Option<T = unknown> {
  /** What stands for the value in the help, such as N; a flag takes none. */
  readonly placeholder: string | undefined;
  readonly help: string;
  /** The value where the option is not given. */
  readonly initial: T;
  /** The text that stands for a value where none follows; without it, one must. */
  readonly bare?: string;
  /** @param name what an error calls the option. @throws UsageError if the text is no value of the option. */
  parse(text: string, name: string): T;
}

/** The options of a command by property name; `batchSize` is written --batch-size. */
export type Options = Readonly<Record<string, Option>>;

/** The options that give these values. */
export type OptionsFor<Values> = { readonly [K in keyof Values]-?: Option<Values[K]> };

export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** The way in which a person writes an option. */
export function flagName(property: string): string {
  return `--${property.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

export function flag(help: string): Option<boolean> {
  return { placeholder: undefined, help, initial: false, parse: () => true };
}

export function text(placeholder: string, help: string): Option<string | undefined> {
  return {
    placeholder,
    help,
    initial: undefined,
    parse: (value, name) => {
      if (value === "") throw new UsageError(`${name} must not be empty`);
      return value;
    },
  };
}

/** A text, for which `bare` stands where the option is given alone. */
export function optionalText(placeholder: string, bare: string, help: string): Option<string | undefined> {
  return { ...text(`[${placeholder}]`, help), bare };
}

/** One of some names; without an initial one its absence means something that the help tells. */
export function choice<const T extends string, const I extends T | undefined>(
  placeholder: string,
  names: readonly T[],
  initial: I,
  help: string,
): Option<T | I> {
  return {
    placeholder,
    help: `${help}: ${listed(names)}${initial === undefined ? "" : ` (default: ${initial})`}`,
    initial,
    parse: (value, name) => {
      const found = names.find((each) => each === value);
      if (found !== undefined) return found;
      throw new UsageError(`${name} must be ${listed(names)}, but is "${value}"${suggestion(value, names)}`);
    },
  };
}

/** One number, or several with commas between. */
export function numbers(
  help: string,
  holds: (value: number) => boolean,
): Option<readonly number[] | undefined> {
  return {
    placeholder: "X,…",
    help,
    initial: undefined,
    parse: (value, name) => {
      const parsed = numbersIn(value);
      if (parsed.every((each) => Number.isFinite(each) && holds(each))) return parsed;
      throw new UsageError(`${name} must be numbers with commas between, but is "${value}"`);
    },
  };
}

interface Bounds<T extends number | undefined> {
  /** Without one the option's absence means something that the help tells. */
  readonly initial: T;
  readonly least: number;
  readonly most?: number;
  /** The value must be smaller than this. */
  readonly below?: number;
}

/** A whole number. */
export function integer<T extends number | undefined>(help: string, bounds: Bounds<T>): Option<number | T> {
  const { least, most = Number.MAX_SAFE_INTEGER } = bounds;
  const range = bounds.most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  return numeric("N", help, bounds.initial, `an integer ${range}`, (value) => {
    return Number.isSafeInteger(value) && value >= least && value <= most;
  });
}

/** A number that may have a fraction. */
export function real<T extends number | undefined>(help: string, bounds: Bounds<T>): Option<number | T> {
  const { least, most = Number.POSITIVE_INFINITY, below = Number.POSITIVE_INFINITY } = bounds;
  const limited = bounds.below === undefined ? `of at least ${least}` : `in [${least}, ${below})`;
  const range = bounds.most === undefined ? limited : `from ${least} to ${most}`;
  return numeric("X", help, bounds.initial, `a number ${range}`, (value) => {
    return value >= least && value <= most && value < below;
  });
}

/** A number greater than zero. */
export function positive(help: string): Option<number | undefined> {
  return numeric("X", help, undefined, "a positive number", (value) => value > 0 && value < Infinity);
}

/** Those between commas; NaN for what is none. */
function numbersIn(value: string): number[] {
  return value.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
}

interface NumberBounds {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

/** As many numbers as there are bounds, with commas between. */
export function tuple(
  placeholder: string,
  help: string,
  bounds: readonly NumberBounds[],
): Option<readonly number[] | undefined> {
  const ranges = bounds.map(
    ({ least, most, whole }) => `${whole ? "an integer" : "one"} from ${least} to ${most}`,
  );
  return {
    placeholder,
    help,
    initial: undefined,
    parse: (value, name) => {
      const parts = numbersIn(value);
      const fit = bounds.every(({ least, most, whole }, i) => {
        const part = parts[i] ?? Number.NaN;
        return part >= least && part <= most && (!whole || Number.isInteger(part));
      });
      if (fit && parts.length === bounds.length) return parts;
      throw new UsageError(
        `${name} must be ${bounds.length} numbers with commas between, ${ranges.join(", ")}, but is "${value}"`,
      );
    },
  };
}

function numeric<T extends number | undefined>(
  placeholder: string,
  help: string,
  initial: T,
  what: string,
  holds: (value: number) => boolean,
): Option<number | T> {
  return {
    placeholder,
    help: initial === undefined ? help : `${help} (default: ${initial})`,
    initial,
    parse: (value, name) => {
      const number = value.trim() === "" ? Number.NaN : Number(value);
      if (holds(number)) return number;
      throw new UsageError(`${name} must be ${what}, but is "${value}"`);
    },
  };
}

/** `a, b or c` */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join();
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
