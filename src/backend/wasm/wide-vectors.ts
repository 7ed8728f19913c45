import { ModuleBuilder } from "./assembler.ts";
import { MatrixHelpers, runBytes } from "./codegen/matrix-helpers.ts";
import { type TileShape, tileShapes } from "./codegen/tiles.ts";

type Tile = (...operands: number[]) => void;

/** Inner steps, in two runs, of the product that is tried. */
const steps = 96;
/** How much faster the wide tile must be: it needs twice as many registers if vectors are not joined. */
const worthwhile = 1.2;
/** The engine optimizes a function some milliseconds after it has become hot. */
const patienceMs = 40;

/** Byte addresses of the trial's operands. */
const at = { rows: 1024, runs: 2048, a: 4096, b: 16_384, c: 32_768 } as const;

let known: readonly TileShape[] | undefined;

/**
 * The tile shapes to use in a process where the engine may join pairs of 128-bit vectors into one of 256 bits: found by
 * trying both, once. Joined vectors are used only if they are right and faster.
 */
export function tryTileShapes(): readonly TileShape[] {
  return (known ??= trial() ? tileShapes.wide : tileShapes.narrow);
}

function trial(): boolean {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const tiles = compileTiles(memory);
  fill(memory);
  return tiles.every((tile, i) => isRight(memory, tile, (i % 6) + 1, i < 6 ? 16 : 8)) && isFaster(tiles);
}

/** Tiles of 1 to 6 rows, with 16 columns and then with 8. */
function compileTiles(memory: WebAssembly.Memory): Tile[] {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, initialPages: 1 });
  const helpers = new MatrixHelpers(module, true, tileShapes.wide);
  const names: string[] = [];
  for (const columns of [16, 8]) {
    for (let rows = 1; rows <= 6; rows++) {
      const tile = helpers.tile(rows, columns);
      names.push(tile.name);
      module.function(`try ${tile.name}`, { ...tile, export: tile.name }, (f) => {
        for (const i of tile.params.keys()) f.get(f.param(i));
        f.call(tile);
      });
    }
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  return names.map((name) => instance.exports[name] as Tile);
}

/** Pseudo-random operands in [−1, 1), rows of A one after the other. */
function fill(memory: WebAssembly.Memory): void {
  const words = new Int32Array(memory.buffer);
  words.set(
    Array.from({ length: 6 }, (_, r) => 4 * steps * r),
    at.rows / 4,
  );
  words.set([0, 40, 0, steps - 40], at.runs / 4);
  const floats = new Float32Array(memory.buffer);
  let state = 1;
  for (let i = at.a / 4; i < at.c / 4; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    floats[i] = state / 2 ** 31 - 1;
  }
}

function run(tile: Tile, columns: number, add: number): void {
  tile(at.a, at.rows, at.runs, at.runs + 2 * runBytes, 4, at.b, at.c, 4 * columns, add);
}

/** Whether a tile, also once it is optimized, computes what it should. */
function isRight(memory: WebAssembly.Memory, tile: Tile, rows: number, columns: number): boolean {
  const floats = new Float32Array(memory.buffer);
  for (const warmUp of [0, 400]) {
    for (let i = 0; i < warmUp; i++) run(tile, columns, 0);
    run(tile, columns, 0);
    run(tile, columns, 1);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < steps; k++)
          sum += floats[at.a / 4 + steps * r + k]! * floats[at.b / 4 + columns * k + c]!;
        if (!(Math.abs(floats[at.c / 4 + columns * r + c]! - 2 * sum) < 1e-4)) return false;
      }
    }
  }
  return true;
}

function isFaster(tiles: readonly Tile[]): boolean {
  const [wide, narrow] = [tiles[5]!, tiles[11]!];
  const until = performance.now() + patienceMs;
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  while (performance.now() < until) {
    [wide, narrow].forEach((tile, i) => {
      const columns = i === 0 ? 16 : 8;
      const began = performance.now();
      for (let n = 0; n < 100; n++) run(tile, columns, 0);
      best[i] = Math.min(best[i]!, (performance.now() - began) / columns);
    });
    if (best[0]! * worthwhile < best[1]!) return true;
  }
  return false;
}
