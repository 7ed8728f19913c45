import { parseArgs } from "node:util";

export interface Options {
  /** Names of benchmarks; none means all. */
  readonly names: readonly string[];
  /** Peers' names, or their beginnings; undefined means all. */
  readonly against: readonly string[] | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | undefined;
}

/** @throws Error with a sentence for whoever typed the command. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      against: { type: "string", multiple: true },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      json: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds must be a whole number of at least 1, but is ${values.rounds}`);
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) {
    throw new Error(`--seconds must be a number above 0, but is ${values.seconds}`);
  }
  return { names: positionals, against: values.against, rounds, seconds, json: values.json };
}

/**
 * The items whose `name` is one of `beginnings`, or begins with one that is no item's whole name.
 *
 * @throws Error for a beginning that no item has.
 */
export function chosen<T extends { readonly name: string }>(
  items: readonly T[],
  beginnings: readonly string[] | undefined,
  what: string,
): readonly T[] {
  if (beginnings === undefined) return items;
  const isName = (beginning: string) =>
    items.some(({ name }) => name.toLowerCase() === beginning.toLowerCase());
  const begins = ({ name }: T, beginning: string) =>
    isName(beginning)
      ? name.toLowerCase() === beginning.toLowerCase()
      : name.toLowerCase().startsWith(beginning.toLowerCase());
  for (const beginning of beginnings) {
    if (items.some((item) => begins(item, beginning))) continue;
    const known = [...new Set(items.map(({ name }) => name))].join(", ");
    throw new Error(`there is no ${what} ${beginning}, but ${known}`);
  }
  return items.filter((item) => beginnings.some((beginning) => begins(item, beginning)));
}
