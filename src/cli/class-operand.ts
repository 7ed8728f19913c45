import { suggestion } from "../core/nearest.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The number of the class that a person names: a number, or a name where names are known; of a name with synonyms
 * ("tench, Tinca tinca") one is enough.
 *
 * @throws UsageError that suggests the nearest name if there is none such.
 */
export function classNamed(text: string, labels: readonly string[] | undefined, name = "--class"): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  if (labels === undefined) {
    throw new UsageError(
      `${name} must be a class's number, but is "${text}": the network has no names for its classes (--labels gives them)`,
    );
  }
  const wanted = text.toLowerCase();
  const synonyms = labels.map((label) =>
    [label, ...label.split(",")].map((each) => each.trim().toLowerCase()),
  );
  const found = synonyms.findIndex((each) => each.includes(wanted));
  if (found >= 0) return found;
  throw new UsageError(`${name}: there is no class "${text}"${suggestion(wanted, synonyms.flat())}`);
}
