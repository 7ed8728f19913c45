import type { Local } from "../assembler.ts";
import type { VectorCode, Vectors } from "./vector-code.ts";

type Node =
  | { readonly op: "input"; readonly number: number }
  | { readonly op: "add"; readonly a: number; readonly b: number }
  | { readonly op: "sub"; readonly a: number; readonly b: number }
  | { readonly op: "times"; readonly a: number; readonly factor: number }
  /** a + b · factor. */
  | { readonly op: "addTimes"; readonly a: number; readonly b: number; readonly factor: number };

/** A value of a calculation, perhaps with the sign turned; `undefined` is zero. */
export type Value = { readonly node: number; readonly negative: boolean } | undefined;

/**
 * A linear calculation without branches, written down first and emitted then: zeros and turned signs cost nothing, and
 * what no result needs is left out.
 */
export class StraightLine {
  readonly #nodes: Node[] = [];

  #made(node: Node, negative = false): Value {
    return { node: this.#nodes.push(node) - 1, negative };
  }

  input(number: number): Value {
    return this.#made({ op: "input", number });
  }

  negated(a: Value): Value {
    return a && { ...a, negative: !a.negative };
  }

  add(a: Value, b: Value): Value {
    if (!a || !b) return a ?? b;
    if (a.negative === b.negative) return this.#made({ op: "add", a: a.node, b: b.node }, a.negative);
    const [plus, minus] = a.negative ? [b, a] : [a, b];
    return this.#made({ op: "sub", a: plus.node, b: minus.node });
  }

  sub(a: Value, b: Value): Value {
    return this.add(a, this.negated(b));
  }

  times(a: Value, factor: number): Value {
    if (!a || factor === 0) return undefined;
    if (factor === 1) return a;
    if (factor === -1) return this.negated(a);
    return this.#made({ op: "times", a: a.node, factor }, a.negative);
  }

  /** a + b · factor. */
  addTimes(a: Value, b: Value, factor: number): Value {
    if (!a || !b || Math.abs(factor) === 1 || factor === 0) return this.add(a, this.times(b, factor));
    const sign = a.negative === b.negative ? factor : -factor;
    return this.#made({ op: "addTimes", a: a.node, b: b.node, factor: sign }, a.negative);
  }

  /** The nodes that results need, in order, and how many times each is read. */
  #needed(results: readonly Value[]): Int32Array {
    const uses = new Int32Array(this.#nodes.length);
    for (const value of results) if (value) uses[value.node]!++;
    for (let n = this.#nodes.length - 1; n >= 0; n--) {
      if (uses[n] === 0) continue;
      for (const operand of operandsOf(this.#nodes[n]!)) uses[operand]!++;
    }
    return uses;
  }

  /** All factors of the calculation; −1, which turns the signs of results, among them. */
  factors(results: readonly Value[]): number[] {
    const uses = this.#needed(results);
    const factors = new Set<number>();
    this.#nodes.forEach((node, n) => {
      if (uses[n]! === 0 || node.op === "input") return;
      if (node.op === "times" || node.op === "addTimes") factors.add(node.factor);
    });
    if (results.some((value) => value?.negative)) factors.add(-1);
    if (results.some((value) => !value)) factors.add(0);
    return [...factors];
  }

  /** Emits the calculation: every result is stored as soon as it is there. */
  emit(
    code: VectorCode,
    load: (number: number) => Vectors,
    results: readonly Value[],
    store: (number: number, value: Vectors) => void,
  ): void {
    const uses = this.#needed(results);
    const stores = new Map<number, number[]>();
    results.forEach((value, r) => {
      if (!value) return;
      stores.set(value.node, [...(stores.get(value.node) ?? []), r]);
    });
    const values = new Map<number, readonly Local[]>();
    const taken = (n: number): Vectors => {
      // What is read only later is loaded where it is needed first.
      if (!values.has(n)) make(n);
      return values.get(n)!;
    };
    const release = (n: number): void => {
      uses[n]!--;
      if (uses[n] === 0) {
        code.free(values.get(n)!);
        values.delete(n);
      }
    };
    const make = (n: number): void => {
      const node = this.#nodes[n]!;
      const operands = operandsOf(node);
      const [a, b] = operands.map(taken);
      if (node.op === "input") values.set(n, load(node.number));
      else if (node.op === "add") values.set(n, code.add(a!, b!));
      else if (node.op === "sub") values.set(n, code.sub(a!, b!));
      else if (node.op === "times") values.set(n, code.times(a!, node.factor));
      else values.set(n, code.addTimes(a!, b!, node.factor));
      for (const operand of operands) release(operand);
      for (const r of stores.get(n) ?? []) {
        const value = values.get(n)!;
        if (results[r]!.negative) {
          const turned = code.times(value, -1);
          store(r, turned);
          code.free(turned);
        } else store(r, value);
        release(n);
      }
    };
    this.#nodes.forEach((node, n) => {
      if (uses[n]! > 0 && node.op !== "input" && !values.has(n)) make(n);
    });
    // Results that are inputs, and zeros.
    for (const [n] of stores) if (uses[n]! > 0 && this.#nodes[n]!.op === "input") make(n);
    results.forEach((value, r) => {
      if (value) return;
      const zero = code.times(load(0), 0);
      store(r, zero);
      code.free(zero);
    });
  }
}

function operandsOf(node: Node): number[] {
  if (node.op === "input") return [];
  return "b" in node ? [node.a, node.b] : [node.a];
}
