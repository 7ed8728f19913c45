import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder } from "../assembler.ts";
import type { TileShape } from "./tiles.ts";

/** Bytes of one entry in a list of runs: jump, length. */
export const runBytes = 8;

/** Functions that every matrix product of a module shares, emitted when first asked for. */
export class MatrixHelpers {
  readonly #module: ModuleBuilder;
  readonly #known = new Map<string, FunctionRef>();
  /** The shapes of tile that may be used. */
  readonly shapes: readonly TileShape[];
  /** Whether to use the fused multiply-add of relaxed SIMD. */
  readonly fused: boolean;

  constructor(module: ModuleBuilder, fused: boolean, shapes: readonly TileShape[]) {
    this.#module = module;
    this.fused = fused;
    this.shapes = shapes;
  }

  /** How many vectors, side by side, the engine puts into one register. */
  get vectorsPerRegister(): number {
    return this.shapes.some((shape) => shape.columns > 8) ? 2 : 1;
  }

  #once(name: string, make: (name: string) => FunctionRef): FunctionRef {
    const known = this.#known.get(name) ?? make(name);
    this.#known.set(name, known);
    return known;
  }

  /** (target, source, count, target's stride, source's stride, factor): copies elements one by one, times a factor. */
  copyRun(): FunctionRef {
    return this.#once("copyRun", (name) =>
      this.#module.function(
        name,
        { params: ["i32", "i32", "i32", "i32", "i32", "f32"], results: [] },
        (f) => {
          const [target, source, count, to, from, factor] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
          f.loop((again) => {
            f.f32.store({}, f.get(target!), f.f32.mul(f.f32.load({}, f.get(source!)), f.get(factor!)));
            f.set(target!, f.i32.add(f.get(target!), f.get(to!)));
            f.set(source!, f.i32.add(f.get(source!), f.get(from!)));
            f.set(count!, f.i32.sub(f.get(count!), f.i32.const(1)));
            f.brIf(again, f.get(count!));
          });
        },
      ),
    );
  }

  /** (target, 0, count, stride): writes zeros. */
  clearRun(): FunctionRef {
    return this.#once("clearRun", (name) =>
      this.#module.function(name, { params: ["i32", "i32", "i32", "i32"], results: [] }, (f) => {
        const [target, zero, count, stride] = [0, 1, 2, 3].map((i) => f.param(i));
        f.loop((again) => {
          f.i32.store({}, f.get(target!), f.get(zero!));
          f.set(target!, f.i32.add(f.get(target!), f.get(stride!)));
          f.set(count!, f.i32.sub(f.get(count!), f.i32.const(1)));
          f.brIf(again, f.get(count!));
        });
      }),
    );
  }

  /** (from, end): reads a word of every cache line, so that the lines are in the cache. */
  readThrough(): FunctionRef {
    return this.#once("readThrough", (name) =>
      this.#module.function(name, { params: ["i32", "i32"], results: [] }, (f) => {
        const [from, end] = [f.param(0), f.param(1)];
        f.loop((again) => {
          // Engines keep loads whose value nobody uses, since they may trap.
          f.drop(f.i32.load({}, f.get(from)));
          f.set(from, f.i32.add(f.get(from), f.i32.const(64)));
          f.brIf(again, f.i32.ltU(f.get(from), f.get(end)));
        });
      }),
    );
  }

  /**
   * (target, source, runs, end of runs, stride, column table): copies `width` columns of B for each k, of which `joined`
   * always lie side by side. All distances are in bytes.
   */
  packPanel(width: number, joined: number): FunctionRef {
    return this.#once(`packPanel${width}by${joined}`, (name) =>
      this.#module.function(name, packing, (f) => {
        const [target, source, runs, end, stride, table] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
        const sources = Array.from({ length: width / joined }, (_, s) => {
          const local = f.local("i32");
          f.set(local, f.i32.add(f.get(source!), f.i32.load({ offset: 4 * joined * s }, f.get(table!))));
          return local;
        });
        overRuns(f, runs!, end!, sources, () => {
          sources.forEach((local, s) => {
            for (let c = 0; c < joined; c += 4) {
              f.get(target!);
              f.v128.load({ offset: 4 * c, align: 4 }, f.get(local));
              f.v128.store({ offset: 4 * (joined * s + c) });
            }
            f.set(local, f.i32.add(f.get(local), f.get(stride!)));
          });
          f.set(target!, f.i32.add(f.get(target!), f.i32.const(4 * width)));
        });
      }),
    );
  }

  /**
   * (target, source, runs, end of runs, stride, bytes from tile to tile): copies the rows of A of `tiles` tiles, all of
   * which lie side by side, for each k; up to three words behind the end are written too, if a tile has fewer than four
   * rows. All distances are in bytes.
   */
  packRows(rows: number, tiles: number): FunctionRef {
    return this.#once(`packRows${rows}of${tiles}`, (name) =>
      this.#module.function(name, packing, (f) => {
        const [target, source, runs, end, stride, apart] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
        const targets = Array.from({ length: tiles }, (_, t) => {
          if (t === 0) return target!;
          const local = f.local("i32");
          f.set(local, f.i32.add(f.get(target!), f.i32.mul(f.get(apart!), f.i32.const(t))));
          return local;
        });
        // Vectors that overlap, where the rows are not a multiple of four.
        const starts = Array.from({ length: Math.ceil(rows / 4) }, (_, v) =>
          Math.max(0, Math.min(4 * v, rows - 4)),
        );
        overRuns(f, runs!, end!, [source!], () => {
          targets.forEach((own, t) => {
            for (const start of starts) {
              f.get(own);
              f.v128.load({ offset: 4 * (t * rows + start), align: 4 }, f.get(source!));
              f.v128.store({ offset: 4 * start, align: 4 });
            }
            f.set(own, f.i32.add(f.get(own), f.i32.const(4 * rows)));
          });
          f.set(source!, f.i32.add(f.get(source!), f.get(stride!)));
        });
      }),
    );
  }

  /**
   * (target, source, runs, end of runs, stride, column table): the same for four columns that lie anywhere, into a panel
   * of `width` columns.
   */
  packFour(width: number): FunctionRef {
    return this.#once(`packFour${width}`, (name) =>
      this.#module.function(name, packing, (f) => {
        const [target, source, runs, end, stride, table] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
        const columns = Array.from({ length: 4 }, (_, c) => {
          const local = f.local("i32");
          f.set(local, f.i32.add(f.get(source!), f.i32.load({ offset: 4 * c }, f.get(table!))));
          return local;
        });
        const value = f.local("v128");
        overRuns(f, runs!, end!, columns, () => {
          f.set(value, f.v128.load32Zero({}, f.get(columns[0]!)));
          for (let c = 1; c < 4; c++) {
            f.get(columns[c]!);
            f.get(value);
            f.set(value, f.v128.load32Lane(c, {}));
          }
          f.v128.store({}, f.get(target!), f.get(value));
          f.set(target!, f.i32.add(f.get(target!), f.i32.const(4 * width)));
          for (const column of columns) f.set(column, f.i32.add(f.get(column), f.get(stride!)));
        });
      }),
    );
  }

  /**
   * (A, row table, runs, end of runs, stride, B, C, bytes from row to row of C, add): C = Σ_k A[k] ⊗ B[k] for a tile, on
   * top of what C holds if `add` is not 0. A is read where it lies: row by row from the places in the table, along the
   * runs; B is a panel. All distances are in bytes.
   */
  tile(rows: number, columns: number): FunctionRef {
    return this.#once(`tile${rows}x${columns}`, (name) =>
      this.#module.function(
        name,
        { params: ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"], results: [] },
        (f) => {
          const [a, table, runs, end, stride, b, c, rowBytes, add] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) =>
            f.param(i),
          );
          const sources = Array.from({ length: rows }, (_, r) => {
            const local = f.local("i32");
            f.set(local, f.i32.add(f.get(a!), f.i32.load({ offset: 4 * r }, f.get(table!))));
            return local;
          });
          const vectors = Array.from({ length: columns / 4 }, (_, v) => v);
          const sums = sources.map(() => vectors.map(() => f.local("v128")));
          const operands = vectors.map(() => f.local("v128"));
          const scalar = f.local("v128");
          const eachSum = (body: (sum: Local, offset: number) => void): void => {
            const row = f.local("i32");
            f.set(row, f.get(c!));
            sums.forEach((own, r) => {
              if (r > 0) f.set(row, f.i32.add(f.get(row), f.get(rowBytes!)));
              own.forEach((sum, v) => {
                f.get(row);
                body(sum, 16 * v);
              });
            });
            f.free(row);
          };
          f.if(f.get(add!), () => eachSum((sum, offset) => f.set(sum, f.v128.load({ offset }))));
          overRuns(f, runs!, end!, sources, () => {
            // Vectors in the order in which the engine can join two of them into one of 256 bits.
            operands.forEach((operand, v) => {
              f.set(operand, f.v128.load({ offset: 16 * v }, f.get(b!)));
            });
            sums.forEach((own, r) => {
              f.set(scalar, f.v128.load32Splat({}, f.get(sources[r]!)));
              f.set(sources[r]!, f.i32.add(f.get(sources[r]!), f.get(stride!)));
              own.forEach((sum, v) => {
                const [x, y] = [scalar, operands[v]!];
                if (this.fused) f.set(sum, f.f32x4.relaxedMadd(f.get(x), f.get(y), f.get(sum)));
                else f.set(sum, f.f32x4.add(f.get(sum), f.f32x4.mul(f.get(x), f.get(y))));
              });
            });
            f.set(b!, f.i32.add(f.get(b!), f.i32.const(4 * columns)));
          });
          eachSum((sum, offset) => {
            f.get(sum);
            f.v128.store({ offset });
          });
        },
      ),
    );
  }
}

const packing = { params: ["i32", "i32", "i32", "i32", "i32", "i32"], results: [] } as const;

/** Runs `body` for every step of a list of runs; at the beginning of each run the pointers jump. */
function overRuns(
  f: FunctionBuilder,
  runs: Local,
  end: Local,
  pointers: readonly Local[],
  body: () => void,
): void {
  const jump = f.local("i32");
  const count = f.local("i32");
  f.loop((next) => {
    f.set(jump, f.i32.load({}, f.get(runs)));
    for (const pointer of pointers) f.set(pointer, f.i32.add(f.get(pointer), f.get(jump)));
    f.set(count, f.i32.load({ offset: 4 }, f.get(runs)));
    // Never empty; but behind a branch V8 of Node 20 gives the loop better registers.
    f.if(f.get(count), () =>
      f.loop((again) => {
        body();
        f.set(count, f.i32.sub(f.get(count), f.i32.const(1)));
        f.brIf(again, f.get(count));
      }),
    );
    f.set(runs, f.i32.add(f.get(runs), f.i32.const(runBytes)));
    f.brIf(next, f.i32.ltU(f.get(runs), f.get(end)));
  });
  f.free(jump, count);
}
