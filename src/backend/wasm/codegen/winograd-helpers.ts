import type { FunctionRef, ModuleBuilder } from "../assembler.ts";
import { overLanes, VectorCode, widthFor } from "./vector-code.ts";
import { onBothSides, type Winograd, winograd } from "./winograd-transforms.ts";

/** Functions of Winograd's convolution that kernels of the same strides share, emitted when first asked for. */
export class WinogradHelpers {
  readonly #module: ModuleBuilder;
  readonly #fused: boolean;
  readonly #known = new Map<string, FunctionRef>();

  constructor(module: ModuleBuilder, fused: boolean) {
    this.#module = module;
    this.#fused = fused;
  }

  /**
   * (patch, target): Bᵀ d B for all channels of one patch, which lie side by side; each of the (tile + 2)² results goes to
   * a slice of its own. Distances are in bytes.
   */
  input(
    tile: 2 | 4,
    channels: number,
    rowBytes: number,
    pixelBytes: number,
    sliceBytes: number,
  ): FunctionRef {
    const size = tile + 2;
    return this.transform("input", tile, channels, [rowBytes, pixelBytes], [size * sliceBytes, sliceBytes]);
  }

  /** (products, target): Aᵀ m A for some columns of the products' slices; results tile by tile, row by row. */
  output(tile: 2 | 4, columns: number, sliceBytes: number): FunctionRef {
    const size = tile + 2;
    return this.transform(
      "output",
      tile,
      columns,
      [size * sliceBytes, sliceBytes],
      [4 * tile * columns, 4 * columns],
    );
  }

  /** (nine taps, target, bytes from slice to slice): G g Gᵀ of four filters, or of one, which is in the first lane. */
  filters(tile: 2 | 4, lanes: 1 | 4): FunctionRef {
    const name = `winograd filters ${tile} ${lanes}`;
    const known = this.#known.get(name);
    if (known) return known;
    const taps = Array.from({ length: 9 }, () => "v128" as const);
    const made = this.#module.function(name, { params: [...taps, "i32", "i32"], results: [] }, (f) => {
      const [target, sliceBytes] = [f.param(9), f.param(10)];
      const transform = winograd[tile].filter;
      const code = new VectorCode(f, 1, this.#fused, transform.factors);
      const results = onBothSides(code, transform, 3, (i, j) => {
        const tap = f.local("v128");
        f.set(tap, f.get(f.param(3 * i + j)));
        return [tap];
      });
      for (const [value] of results.flat()) {
        f.get(target);
        f.get(value!);
        if (lanes === 4) f.v128.store({ align: 4 });
        else f.v128.store32Lane(0, {});
        f.set(target, f.i32.add(f.get(target), f.get(sliceBytes)));
      }
    });
    this.#known.set(name, made);
    return made;
  }

  /** (source, target): a transform of squares whose `lanes` elements lie side by side; distances are in bytes. */
  transform(
    kind: keyof Winograd,
    tile: 2 | 4,
    lanes: number,
    [fromRow, fromColumn]: readonly [number, number],
    [toRow, toColumn]: readonly [number, number],
  ): FunctionRef {
    const name = `winograd ${kind} ${tile} ${lanes} ${fromRow} ${fromColumn} ${toRow} ${toColumn}`;
    const known = this.#known.get(name);
    if (known) return known;
    const made = this.#module.function(name, { params: ["i32", "i32"], results: [] }, (f) => {
      const [source, target] = [f.param(0), f.param(1)];
      const transform = winograd[tile][kind];
      const code = new VectorCode(f, widthFor(lanes), this.#fused, transform.factors);
      overLanes(code, lanes, [source, target], () => {
        const results = onBothSides(code, transform, kind === "gradient" ? tile : tile + 2, (i, j) =>
          code.load(source, i * fromRow + j * fromColumn),
        );
        results.forEach((row, i) => {
          row.forEach((values, j) => {
            code.store(target, i * toRow + j * toColumn, values);
          });
        });
        code.free(...results.flat());
      });
    });
    this.#known.set(name, made);
    return made;
  }
}
