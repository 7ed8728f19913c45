/** A constructor's arguments as one would write them: `1, 6, 5, { padding: 2 }`. Absent ones at the end are left out. */
export function showArguments(...args: readonly unknown[]): string {
  const end = args.findLastIndex((arg) => arg !== undefined && !isEmptyRecord(arg));
  return args
    .slice(0, end + 1)
    .map(show)
    .join(", ");
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) {
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return fields.length === 0
    ? "{}"
    : `{ ${fields.map(([name, field]) => `${name}: ${show(field)}`).join(", ")} }`;
}

function isEmptyRecord(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((field) => field === undefined)
  );
}
