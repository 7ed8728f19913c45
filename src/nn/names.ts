/**
 * The name that PyTorch gives to what a property here holds: `runningMean` becomes `running_mean`.
 *
 * A property that starts with a capital, as some published weights have them (`AuxLogits`), keeps its name.
 */
export function camelToSnake(property: string): string {
  if (/^[A-Z]/.test(property)) return property;
  return property.replace(/(?<=[a-z0-9])[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

/** Whether the path of a part lies in one of the given parts, or is its own. */
export function isInside(path: string, parts: readonly string[]): boolean {
  return parts.some((part) => path === part || path.startsWith(`${part}.`));
}

/** Joins a path and a name with a dot; the empty path is the root. */
export function joinPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
