/** A command line that cannot be meant: the program ends with exit code 2 and points to the help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
