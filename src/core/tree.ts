import { Tensor } from "./tensor.ts";

/** Tensors in arrays and plain objects, to any depth, among other values. */
export type Tree = unknown;

/** The tensors of a tree, in order of appearance. */
export function leavesOf(tree: Tree): Tensor[] {
  const leaves: Tensor[] = [];
  mapTree(tree, (leaf) => {
    leaves.push(leaf);
    return leaf;
  });
  return leaves;
}

/** The same tree with each tensor replaced; other values stay. */
export function mapTree<T extends Tree>(tree: T, change: (leaf: Tensor) => Tensor): T {
  const visit = (value: unknown): unknown => {
    if (value instanceof Tensor) return change(value);
    if (Array.isArray(value)) return value.map(visit);
    if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, visit(v)]));
    return value;
  };
  return visit(tree) as T;
}

/** A text that is equal for trees of the same structure, tensor shapes and types, and other values. */
export function treeKey(tree: Tree): string {
  if (tree instanceof Tensor) return `${tree.dtype}[${tree.shape.join()}]`;
  if (Array.isArray(tree)) return `(${tree.map(treeKey).join()})`;
  if (isPlainObject(tree)) {
    return `{${Object.entries(tree)
      .map(([name, value]) => `${JSON.stringify(name)}:${treeKey(value)}`)
      .join()}}`;
  }
  if (typeof tree === "object" && tree !== null) return `#${identity(tree)}`;
  if (typeof tree === "function") return `#${identity(tree)}`;
  return typeof tree === "string" ? JSON.stringify(tree) : String(tree);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identity(value: object): number {
  const known = identities.get(value) ?? nextIdentity++;
  identities.set(value, known);
  return known;
}
