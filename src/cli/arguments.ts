import { parseArgs } from "node:util";
import { suggestion } from "../core/nearest.ts";
import { flagName, type Options, type ValuesOf } from "./option.ts";
import { UsageError } from "./usage-error.ts";

/** What a command takes besides options, such as `IMAGE…`. */
export interface Operands {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

export interface Arguments<O extends Options> {
  readonly values: ValuesOf<O>;
  /** The properties of the options that were given. */
  readonly given: ReadonlySet<keyof O>;
  readonly operands: readonly string[];
}

/** @throws UsageError that names the argument which cannot be meant. */
export function parseArguments<O extends Options>(
  args: readonly string[],
  options: O,
  operands: Operands,
): Arguments<O> {
  const properties = new Map(Object.keys(options).map((property) => [flagName(property).slice(2), property]));
  const { tokens } = parseArgs({
    args: args.map((argument, i) => spelledOut(argument, args[i + 1], properties, options)),
    options: Object.fromEntries(
      [...properties].map(([name, property]) => {
        return [name, { type: options[property]!.placeholder === undefined ? "boolean" : "string" }] as const;
      }),
    ),
    // Its own errors could not suggest a name, so that unknown options are found here.
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(options).map(([property, { initial }]) => [property, initial]),
  );
  const given = new Set<keyof O>();
  const free: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") free.push(token.value);
    if (token.kind !== "option") continue;
    const property = token.rawName.startsWith("--") ? properties.get(token.name) : undefined;
    if (property === undefined) {
      const near = suggestion(token.name, properties.keys(), "--");
      throw new UsageError(`there is no option ${token.rawName}${near}`);
    }
    values[property] = options[property]!.parse(textOf(token, options[property]!.placeholder), token.rawName);
    given.add(property);
  }
  checkOperands(free, operands);
  return { values: values as ValuesOf<O>, given, operands: free };
}

/** An option that is given alone, with the value for which it then stands. */
function spelledOut(
  argument: string,
  next: string | undefined,
  properties: ReadonlyMap<string, string>,
  options: Options,
): string {
  const property = argument.startsWith("--") ? properties.get(argument.slice(2)) : undefined;
  const bare = property === undefined ? undefined : options[property]!.bare;
  const alone = next === undefined || next.startsWith("-");
  return bare !== undefined && alone ? `${argument}=${bare}` : argument;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function textOf({ rawName, value, inlineValue }: OptionToken, placeholder: string | undefined): string {
  if (placeholder === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, but got "${value}"`);
    return "";
  }
  // `--run --json` is more likely a forgotten value than a folder with that name.
  if (value === undefined || (!inlineValue && value.startsWith("--"))) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${placeholder}`);
  }
  return value;
}

function checkOperands(given: readonly string[], { name, least, most }: Operands): void {
  if (given.length < least) throw new UsageError(`${name} is missing`);
  if (given.length <= most) return;
  throw new UsageError(
    `"${given[most]}" is one argument too many${most === 0 ? "; options begin with --" : ""}`,
  );
}
