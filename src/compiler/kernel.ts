import type { GraphNode } from "../core/graph.ts";
import type { Buffer, Expr } from "./expr.ts";
import type { Index, LoopVariable } from "./index-expr.ts";
import type { LoopNest } from "./merge-loops.ts";

/** One loop nest: computes every element of one buffer. */
export interface Kernel {
  readonly name: string;
  readonly node: GraphNode;
  readonly output: Buffer;
  readonly reads: readonly Buffer[];
  readonly body: KernelBody;
  /** Whether everything it reads stays the same from run to run, as long as variables that nobody writes do. */
  readonly stable: boolean;
  /** Places of the output around the elements, which become zero. */
  readonly margins: readonly { readonly loops: readonly LoopVariable[]; readonly index: Index }[];
}

/** For all loops: output[index] = expr. */
export type Nest = LoopNest &
  (
    | {
        /** A `contraction` is a nest whose reduction inside `expr` is a sum of products of two loads. */
        readonly kind: "map" | "reduce" | "contraction";
      }
    | {
        /**
         * The reduction inside `expr` is a 3 × 3 convolution of stride 1 over `y` and `x`, whose filters are there in
         * Winograd's form for output tiles of extent `tile`.
         */
        readonly kind: "winograd";
        readonly tile: 2 | 4;
        readonly filters: Buffer;
        readonly axes: Readonly<Record<"n" | "o" | "y" | "x", LoopVariable>>;
      }
  );

export type KernelBody =
  | Nest
  | {
      /** Nests that write different elements. */
      readonly kind: "parts";
      readonly parts: readonly Nest[];
    }
  | {
      /** Transforms filters [O, C, 3, 3], whose elements are the nine expressions, into panels of `width` filters. */
      readonly kind: "winogradFilters";
      readonly loops: readonly [channel: LoopVariable, filter: LoopVariable];
      readonly taps: readonly Expr[];
      readonly tile: 2 | 4;
      readonly width: number;
    }
  | {
      /**
       * One of Winograd's transforms (see ops/winograd.ts) for many squares of elements; `lanes` of them lie side by side
       * in the source, which begins at element `start`, and in the output.
       */
      readonly kind: "winogradTransform";
      readonly role: "input" | "gradient" | "filterGradient";
      readonly tile: 2 | 4;
      readonly source: Buffer;
      readonly start: number;
      readonly lanes: number;
      /** Axes along which the squares lie, with the elements from one to the next in source and output. */
      readonly squares: readonly { readonly extent: number; readonly from: number; readonly to: number }[];
      /** Elements from row to row, and from column to column, of a square in the source and of its result. */
      readonly from: readonly [row: number, column: number];
      readonly to: readonly [row: number, column: number];
    }
  | FourierBody
  | {
      /** For all loops: zeroes the elements along `cleared`, then for each step of `source` output[index] += value. */
      readonly kind: "scatter";
      readonly loops: readonly LoopVariable[];
      readonly cleared: LoopVariable;
      readonly clearedIndex: Index;
      readonly source: LoopVariable;
      readonly index: Index;
      readonly value: Expr;
    }
  | { readonly kind: "random"; readonly state: Buffer; readonly length: number };

/** One of the transforms of ops/fourier.ts, for many tiles of a tensor with `lanes` channels side by side. */
export interface FourierBody {
  readonly kind: "fourierTransform";
  readonly direction: "slices" | "outputs";
  /** What the slices are multiplied by, and conjugated: a kernel's; else undefined. */
  readonly kernelFactor: number | undefined;
  readonly transform: readonly [y: number, x: number];
  /** Elements of a tile, how far apart they are in it, and how many the last tile along an axis has. */
  readonly size: readonly [y: number, x: number];
  readonly spacing: readonly [y: number, x: number];
  readonly last: readonly [y: number, x: number];
  readonly source: Buffer;
  /** The first elements of source and output. */
  readonly start: { readonly source: number; readonly output: number };
  readonly lanes: number;
  /** Axes along which the tiles lie, with the elements from one to the next in tensor and slices. */
  readonly axes: Readonly<
    Record<
      "batch" | "y" | "x" | "group",
      { readonly extent: number; readonly tensor: number; readonly slices: number }
    >
  >;
  /** Elements from row to row, and from column to column, of the tensor. */
  readonly steps: readonly [row: number, column: number];
  /** Elements from slice to slice. */
  readonly slice: number;
}

/** The nests of a kernel that consists of some. */
export function nestsOf(body: KernelBody): readonly Nest[] {
  if (body.kind === "parts") return body.parts;
  return "expr" in body ? [body] : [];
}

/** What a graph becomes: kernels in an order in which they can run, and where its inputs and outputs are. */
export interface KernelGraph {
  readonly kernels: readonly Kernel[];
  readonly inputs: readonly Buffer[];
  /** Tables that are part of the program. */
  readonly constants: readonly { readonly buffer: Buffer; readonly values: readonly number[] }[];
  readonly outputs: readonly Buffer[];
}
