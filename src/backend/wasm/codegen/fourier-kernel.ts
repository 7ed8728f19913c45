import type { Buffer } from "../../../compiler/expr.ts";
import { slicesOfColumn } from "../../../compiler/fourier-tiles.ts";
import type { FourierBody } from "../../../compiler/kernel.ts";
import type { FunctionBuilder, FunctionRef, Local } from "../assembler.ts";
import { after, counted, pushPlace } from "./counting.ts";
import type { LineTransform } from "./fourier-helpers.ts";
import { emitShare } from "./loop-kernel.ts";
import type { BaseAddress } from "./places.ts";
import type { KernelEnvironment } from "./values.ts";

/** Bytes of a tile's rows, transformed, that stay in the caches while its columns are. */
const rowsLimit = 192 * 1024;
/** Fewest pieces of work that keep threads evenly busy. */
const wantedUnits = 16;

/**
 * Emits transforms of tiles, rows first, or back, columns first. A piece of work is a tile and as many of its channels as
 * leave what lies between in the caches.
 */
export function emitFourierKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  body: FourierBody,
): void {
  new FourierEmitter(f, environment, output, body).emit();
}

class FourierEmitter {
  readonly #f: FunctionBuilder;
  readonly #environment: KernelEnvironment;
  readonly #body: FourierBody;
  readonly #lanes: number;
  readonly #scratch: BaseAddress;
  /** The first elements of the tile at hand. */
  readonly #tensor: Local;
  readonly #slices: Local;
  readonly #bases: { readonly tensor: BaseAddress; readonly slices: BaseAddress };

  constructor(f: FunctionBuilder, environment: KernelEnvironment, output: Buffer, body: FourierBody) {
    this.#f = f;
    this.#environment = environment;
    this.#body = body;
    const [from, to] = [environment.baseOf(body.source), environment.baseOf(output)];
    const [source, target] = [after(from, 4 * body.start.source), after(to, 4 * body.start.output)];
    const outwards = body.direction === "slices";
    this.#bases = { tensor: outwards ? source : target, slices: outwards ? target : source };
    this.#lanes = lanesAtATime(body);
    this.#scratch = environment.scratch(body.size[0] * this.#rowBytes);
    this.#tensor = f.local("i32");
    this.#slices = f.local("i32");
  }

  /** Bytes of the spectrum of a row. */
  get #rowBytes(): number {
    return this.#body.transform[1] * this.#valueBytes;
  }

  get #valueBytes(): number {
    return 4 * this.#lanes;
  }

  emit(): void {
    const f = this.#f;
    const { axes, lanes } = this.#body;
    const parts = [
      axes.batch,
      axes.y,
      axes.x,
      axes.group,
      { extent: lanes / this.#lanes, tensor: this.#lanes, slices: this.#lanes },
    ];
    const indices = parts.map(() => f.local("i32"));
    const [, y, x] = indices as [Local, Local, Local];
    const [low, count, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
    emitShare(
      f,
      parts.reduce((product, { extent }) => product * extent, 1),
      1,
      low,
      count,
    );
    f.set(count, f.i32.sub(f.get(count), f.get(low)));
    f.if(f.get(count), () =>
      counted(f, count, (i) => {
        f.set(at, f.i32.add(f.get(low), f.get(i)));
        for (let p = parts.length - 1; p >= 0; p--) {
          f.set(indices[p]!, f.i32.remU(f.get(at), f.i32.const(parts[p]!.extent)));
          f.set(at, f.i32.divU(f.get(at), f.i32.const(parts[p]!.extent)));
        }
        for (const [local, which] of [
          [this.#tensor, "tensor"],
          [this.#slices, "slices"],
        ] as const) {
          const places = parts.map((part, p): [Local, number] => [indices[p]!, 4 * part[which]]);
          pushPlace(f, this.#bases[which], ...places);
          f.set(local);
        }
        this.#tile(y, x);
      }),
    );
    f.free(low, count, at, this.#tensor, this.#slices, ...indices);
  }

  #tile(y: Local, x: Local): void {
    const { transform, direction } = this.#body;
    if (transform[0] === 1) this.#line(1, x);
    else if (transform[1] === 1) this.#line(0, y);
    else if (direction === "slices") {
      this.#rows(y, x);
      this.#columns();
    } else {
      this.#columns();
      this.#rows(y, x);
    }
  }

  /** A transform of one axis alone, straight from tensor to slices or back. */
  #line(axis: 0 | 1, tile: Local): void {
    const { direction, kernelFactor, steps, slice } = this.#body;
    const { fourier } = this.#environment;
    const factor = kernelFactor === undefined ? undefined : { factor: kernelFactor };
    const step = 4 * steps[axis];
    if (direction === "slices") {
      const transform = this.#transform(axis, step, this.#body.size[axis]);
      this.#call(fourier.column(transform, 4 * slice, undefined, factor), "tensor", "slices");
    } else
      this.#perCount(axis, tile, (count) =>
        this.#call(
          fourier.inverseColumn(this.#transform(axis, step, count), 4 * slice, undefined),
          "slices",
          "tensor",
        ),
      );
  }

  #transform(axis: 0 | 1, step: number, count: number): LineTransform {
    const { transform, spacing } = this.#body;
    return { extent: transform[axis], lanes: this.#lanes, line: { step, count, spacing: spacing[axis] } };
  }

  #call(line: FunctionRef, from: "tensor" | "slices", to: "tensor" | "slices"): void {
    const f = this.#f;
    const local = (which: "tensor" | "slices"): Local => (which === "tensor" ? this.#tensor : this.#slices);
    f.call(line, f.get(local(from)), f.get(local(to)));
  }

  /** Code for a whole tile, and other code for the last one along an axis where that has fewer elements. */
  #perCount(axis: 0 | 1, tile: Local, emit: (count: number) => void): void {
    const f = this.#f;
    const { size, last, axes } = this.#body;
    const { extent } = axes[axis === 0 ? "y" : "x"];
    if (last[axis] === size[axis] || extent === 1) {
      emit(last[axis]);
      return;
    }
    f.if(
      f.i32.ltU(f.get(tile), f.i32.const(extent - 1)),
      () => emit(size[axis]),
      () => emit(last[axis]),
    );
  }

  /** All rows of a tile to their spectra in scratch memory, or back. */
  #rows(y: Local, x: Local): void {
    const f = this.#f;
    const { direction, steps } = this.#body;
    const { fourier } = this.#environment;
    const [rowStep, step] = [4 * steps[0], 4 * steps[1]];
    const rows = (line: FunctionRef, count: number): void =>
      counted(f, count, (row) => {
        const tensor = (): void => {
          f.i32.add(f.get(this.#tensor), f.i32.mul(f.get(row), f.i32.const(rowStep)));
        };
        const spectrum = (): void => pushPlace(f, this.#scratch, [row, this.#rowBytes]);
        if (direction === "slices") {
          tensor();
          spectrum();
        } else {
          spectrum();
          tensor();
        }
        f.call(line);
      });
    this.#perCount(1, x, (width) =>
      this.#perCount(0, y, (height) => {
        const transform = this.#transform(1, step, width);
        rows(
          direction === "slices"
            ? fourier.row(transform, this.#valueBytes)
            : fourier.inverseRow(transform, this.#valueBytes),
          height,
        );
      }),
    );
  }

  /** The columns of the rows' spectra to slices, or back: two of real values, then the others. */
  #columns(): void {
    const f = this.#f;
    const { direction, kernelFactor, transform, size, slice } = this.#body;
    const { fourier } = this.#environment;
    const factor = kernelFactor === undefined ? undefined : { factor: kernelFactor };
    const column = this.#transform(0, this.#rowBytes, size[0]);
    const counts = slicesOfColumn(transform[0]);
    const sliceBytes = 4 * slice;
    const all = (imaginary: number | undefined, number: number, first: number, firstSlice: number): void => {
      const values = (imaginary === undefined ? 1 : 2) * this.#valueBytes;
      const slices = (imaginary === undefined ? counts.own : counts.other) * sliceBytes;
      counted(f, number, (i) => {
        const spectrum = (): void =>
          pushPlace(f, after(this.#scratch, first * this.#valueBytes), [i, values]);
        const sliced = (): void =>
          pushPlace(f, { local: this.#slices, offset: firstSlice * sliceBytes }, [i, slices]);
        if (direction === "slices") {
          spectrum();
          sliced();
          f.call(fourier.column(column, sliceBytes, imaginary, factor));
        } else {
          sliced();
          spectrum();
          f.call(fourier.inverseColumn(column, sliceBytes, imaginary));
        }
      });
    };
    all(undefined, 2, 0, 0);
    const others = transform[1] / 2 - 1;
    if (others > 0) all(this.#valueBytes, others, 2, 2 * counts.own);
  }
}

/** How many channels a piece of work has: a divisor of all, in whole vectors. */
function lanesAtATime({ lanes, size, transform, axes }: FourierBody): number {
  const vectors = lanes % 8 === 0 ? 8 : 4;
  const bytes = transform[0] === 1 || transform[1] === 1 ? 0 : 4 * size[0] * transform[1];
  const tiles = axes.batch.extent * axes.y.extent * axes.x.extent * axes.group.extent;
  let best = vectors;
  for (let count = vectors; count <= lanes; count += vectors) {
    if (lanes % count !== 0 || count * bytes > rowsLimit) continue;
    if ((tiles * lanes) / count >= wantedUnits) best = count;
  }
  return best;
}
