import { allocate, type DType, isFloating, type TypedArray } from "../core/dtype.ts";
import { FoveaError } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Variable } from "../core/variable.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import { toFloat32 } from "../io/to-float32.ts";

/** The values of a module's parameters and buffers by path, as files hold them. */
export type StateDict = Map<string, HostTensor>;

export interface LoadOptions {
  /** Whether names may be missing or left over (false), or not (true, the default). */
  readonly strict?: boolean;
}

/** The names that a state dict and a module do not share; both empty after a strict load. */
export interface LoadReport {
  /** Variables of the module that kept their values. */
  readonly missing: readonly string[];
  /** Names of the state dict that the module does not have. */
  readonly unexpected: readonly string[];
}

/** A state dict that does not fit a module: everything that is wrong with it, at once. */
export class StateDictError extends FoveaError {
  readonly code = "STATE_DICT";
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** One sentence for each name whose shape or values do not fit. */
  readonly mismatched: readonly string[];

  constructor({ missing, unexpected }: LoadReport, mismatched: readonly string[]) {
    const rows = [
      ...missing.map((name) => `missing:    ${name}`),
      ...unexpected.map((name) => `unexpected: ${name}`),
      ...mismatched.map((problem) => `mismatch:   ${problem}`),
    ];
    const what = rows.length === 1 ? "1 name does" : `${rows.length} names do`;
    super(`loadStateDict: ${what} not fit the module; nothing was loaded\n  ${rows.join("\n  ")}`);
    this.missing = missing;
    this.unexpected = unexpected;
    this.mismatched = mismatched;
  }
}

/** Files from before PyTorch 0.4.1 have no such counters; all but batch norms with a momentum of null do without. */
const optionalName = /(^|\.)num_batches_tracked$/;

/** Copies the variables' values to the host. */
export async function readState(variables: ReadonlyMap<string, Variable>): Promise<StateDict> {
  const values = [...variables].map(([name, variable]) => [name, variable.value] as const);
  const state: StateDict = new Map();
  for (const [name, value] of values) {
    const data = (await value.data()).slice();
    state.set(name, { dtype: value.dtype, shape: value.shape, data } as HostTensor);
  }
  return state;
}

/**
 * Sets variables to the values of their names, or changes nothing and throws a `StateDictError`.
 *
 * @param entries a variable may stand under several names; the first that `state` has decides.
 */
export function loadState(
  entries: readonly (readonly [name: string, variable: Variable])[],
  state: ReadonlyMap<string, HostTensor>,
  { strict = true }: LoadOptions = {},
): LoadReport {
  const firstNames = new Map<Variable, string>();
  const values = new Map<Variable, TypedArray>();
  const mismatched: string[] = [];
  for (const [name, variable] of entries) {
    if (!firstNames.has(variable)) firstNames.set(variable, name);
    const host = state.get(name);
    if (!host) continue;
    const fitting = valueFor(variable, host);
    if (typeof fitting === "string") mismatched.push(`${name} ${fitting}`);
    else if (!values.has(variable)) values.set(variable, fitting);
  }
  const names = new Set(entries.map(([name]) => name));
  const given = new Set(entries.filter(([name]) => state.has(name)).map(([, variable]) => variable));
  const absent = [...firstNames].filter(([variable]) => !given.has(variable)).map(([, name]) => name);
  const report = {
    missing: absent.filter((name) => !optionalName.test(name)),
    unexpected: [...state.keys()].filter((name) => !names.has(name)),
  };
  const incomplete = report.missing.length + report.unexpected.length > 0;
  if (mismatched.length > 0 || (strict && incomplete)) throw new StateDictError(report, mismatched);
  for (const [variable, value] of values) variable.assign(value);
  return report;
}

/** The elements in the variable's type, or what keeps them from fitting. */
function valueFor(variable: Variable, host: HostTensor): TypedArray | string {
  const { shape, dtype } = variable;
  if (!sameShape(shape, host.shape)) {
    return `is [${shape.join(", ")}] in the module, but [${host.shape.join(", ")}] in the state`;
  }
  if (dtype === "float32") return toFloat32(host);
  if (dtype === host.dtype) return host.data as TypedArray;
  return (
    convert(numbersOf(host), dtype) ?? `is ${dtype}, which does not hold all of the state's ${host.dtype}`
  );
}

/** The elements as numbers; those of 64-bit integers beyond 2⁵³ are rounded. */
function numbersOf(host: HostTensor): ArrayLike<number> {
  if (host.data instanceof BigInt64Array || host.data instanceof BigUint64Array) {
    return Array.from(host.data, Number);
  }
  return host.dtype === "float16" || host.dtype === "bfloat16" ? toFloat32(host) : host.data;
}

function convert(numbers: ArrayLike<number>, dtype: DType): TypedArray | undefined {
  const array = allocate(dtype, numbers.length);
  for (let i = 0; i < array.length; i++) {
    array[i] = numbers[i]!;
    if (!isFloating(dtype) && array[i] !== numbers[i]) return undefined;
  }
  return array;
}
