/** Base of every error that the library throws on purpose; `code` is stable and safe to switch on. */
export abstract class FoveaError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A value that cannot be meant: an option out of range, an unknown name, a wrong count. */
export class ArgumentError extends FoveaError {
  readonly code = "ARGUMENT";
}

export type Operands = Readonly<Record<string, readonly number[] | string>>;

/**
 * Operands whose shapes or element types do not fit an operation.
 *
 * The message has one line that says what is wrong, one line per operand, and a hint:
 *
 * ```
 * layer1.0.conv1: conv2d: input has 3 channels, but the weight expects 1
 *   x:      [1, 3, 28, 28]
 *   weight: [8, 1, 5, 5]
 *   hint:   …
 * ```
 */
export class ShapeError extends FoveaError {
  readonly code = "SHAPE";
  readonly op: string;
  readonly problem: string;
  readonly operands: Operands;
  readonly hint: string | undefined;
  readonly path: string | undefined;

  constructor(op: string, problem: string, operands: Operands = {}, hint?: string, path?: string) {
    super(describe(op, problem, operands, hint, path));
    this.op = op;
    this.problem = problem;
    this.operands = operands;
    this.hint = hint;
    this.path = path;
  }

  /** The same error with the path of the layer in which it happened in front. */
  at(path: string): ShapeError {
    const inner = this.path === undefined ? path : `${path}.${this.path}`;
    return new ShapeError(this.op, this.problem, this.operands, this.hint, inner);
  }
}

function describe(op: string, problem: string, operands: Operands, hint?: string, path?: string): string {
  const rows = Object.entries(operands).map(([name, value]) => [
    `${name}:`,
    typeof value === "string" ? value : `[${value.join(", ")}]`,
  ]);
  if (hint !== undefined) rows.push(["hint:", hint]);
  const width = Math.max(0, ...rows.map(([name]) => name!.length));
  const head = path === undefined ? `${op}: ${problem}` : `${path}: ${op}: ${problem}`;
  return [head, ...rows.map(([name, value]) => `  ${name!.padEnd(width)} ${value}`)].join("\n");
}

/** A file that is not what it should be; `offset` is the byte at which that was seen. */
export class FileError extends FoveaError {
  readonly code = "FILE";
  readonly file: string;
  readonly offset: number | undefined;

  constructor(file: string, problem: string, offset?: number, options?: ErrorOptions) {
    super(offset === undefined ? `${file}: ${problem}` : `${file}: ${problem} (at byte ${offset})`, options);
    this.file = file;
    this.offset = offset;
  }
}

/** An index tensor whose value lies outside the axis that it indexes. */
export class IndexError extends FoveaError {
  readonly code = "INDEX";
}

/** A graph that does not fit into the memory that the backend can address. */
export class MemoryError extends FoveaError {
  readonly code = "MEMORY";
  readonly requestedBytes: number;
  /** The most that there is in one piece. */
  readonly limitBytes: number;

  constructor(what: string, requestedBytes: number, limitBytes: number, hint: string) {
    super(
      `${what} needs ${mebibytes(requestedBytes)}, the limit is ${mebibytes(limitBytes)}\n  hint: ${hint}`,
    );
    this.requestedBytes = requestedBytes;
    this.limitBytes = limitBytes;
  }
}

function mebibytes(bytes: number): string {
  return `${bytes.toLocaleString("en")} bytes (${(bytes / 2 ** 20).toFixed(1)} MiB)`;
}
