import { slicesOfColumn } from "../../../compiler/fourier-tiles.ts";
import type { FunctionRef, ModuleBuilder } from "../assembler.ts";
import { type Complex, complexTransform, realInverse, realTransform } from "./fourier-transforms.ts";
import { StraightLine, type Value } from "./straight-line.ts";
import { overLanes, VectorCode, widthFor } from "./vector-code.ts";

/** Where the values of one line of a transform lie: bytes from one to the next, and how many there are. */
export interface Line {
  readonly step: number;
  readonly count: number;
  /** Distance in the transform from one to the next. */
  readonly spacing: number;
}

/** A transform of lines of `extent` elements, for `lanes` of them side by side. */
export interface LineTransform {
  readonly extent: number;
  readonly lanes: number;
  /** The elements that are not zero, or that are wanted. */
  readonly line: Line;
}

interface Calculation {
  /** Byte offsets of operands and of results. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly line: StraightLine;
  readonly results: readonly Value[];
}

/**
 * Functions (source, target) of Fourier convolutions that kernels of the same strides share, emitted when first asked for.
 *
 * Between rows and columns, a row's spectrum lies as the first and the middle frequency, which are real, and then the real
 * and the imaginary part of each other one: `extent` values, `step` bytes apart.
 */
export class FourierHelpers {
  readonly #module: ModuleBuilder;
  readonly #fused: boolean;
  readonly #known = new Map<string, FunctionRef>();

  constructor(module: ModuleBuilder, fused: boolean) {
    this.#module = module;
    this.#fused = fused;
  }

  /** Real elements of a row to the row's spectrum. */
  row({ extent, lanes, line }: LineTransform, step: number): FunctionRef {
    return this.#function(`row ${extent} ${lanes} ${nameOf(line)} ${step}`, lanes, () => {
      const code = new StraightLine();
      const spectrum = realTransform(code, inputsOf(code, extent, line));
      return {
        line: code,
        from: offsets(line.count, line.step),
        to: offsets(extent, step),
        results: packed(spectrum),
      };
    });
  }

  /** A row's spectrum to elements of the row. */
  inverseRow({ extent, lanes, line }: LineTransform, step: number): FunctionRef {
    return this.#function(`inverse row ${extent} ${lanes} ${nameOf(line)} ${step}`, lanes, () => {
      const code = new StraightLine();
      const spectrum = unpacked(code, extent);
      const row = realInverse(code, spectrum);
      return {
        line: code,
        from: offsets(extent, step),
        to: offsets(line.count, line.step),
        results: taken(row, line),
      };
    });
  }

  /**
   * A column of values to slices, `slice` bytes apart: of real values half of the frequencies, or of complex ones, whose
   * imaginary parts lie `imaginary` bytes after the real ones, all of them.
   *
   * @param kernel whether it is the kernel's, conjugated and multiplied by `factor`.
   */
  column(
    { extent, lanes, line }: LineTransform,
    slice: number,
    imaginary: number | undefined,
    kernel: { readonly factor: number } | undefined,
  ): FunctionRef {
    const name = `column ${extent} ${lanes} ${nameOf(line)} ${slice} ${imaginary} ${kernel?.factor}`;
    return this.#function(name, lanes, () => {
      const code = new StraightLine();
      const real = offsets(line.count, line.step);
      const own = imaginary === undefined;
      const results: Value[] = [];
      const addSlices = ({ re, im }: Complex): void => {
        if (!kernel) results.push(code.add(re, im), re, im);
        else {
          const [c, d] = [code.times(re, kernel.factor), code.times(code.negated(im), kernel.factor)];
          results.push(c, code.sub(d, c), code.add(c, d));
        }
      };
      if (own) {
        const spectrum = realTransform(code, inputsOf(code, extent, line));
        const [first, ...others] = spectrum;
        const middle = extent > 1 ? [others.pop()!] : [];
        for (const { re } of [first!, ...middle]) results.push(kernel ? code.times(re, kernel.factor) : re);
        for (const frequency of others) addSlices(frequency);
      } else {
        const elements = spread(
          extent,
          line,
          (i): Complex => ({
            re: code.input(2 * i),
            im: code.input(2 * i + 1),
          }),
        );
        for (const frequency of complexTransform(
          code,
          elements.map((value) => value ?? { re: undefined, im: undefined }),
          -1,
        ))
          addSlices(frequency);
      }
      const from = own ? real : real.flatMap((offset) => [offset, offset + imaginary]);
      return { line: code, from, to: offsets(results.length, slice), results };
    });
  }

  /** The products' slices to a column of real or complex values. */
  inverseColumn(
    { extent, lanes, line }: LineTransform,
    slice: number,
    imaginary: number | undefined,
  ): FunctionRef {
    const name = `inverse column ${extent} ${lanes} ${nameOf(line)} ${slice} ${imaginary}`;
    return this.#function(name, lanes, () => {
      const code = new StraightLine();
      const own = imaginary === undefined;
      let next = 0;
      const real = (): Complex => ({ re: code.input(next++), im: undefined });
      const complex = (): Complex => {
        const [k1, k2, k3] = [code.input(next++), code.input(next++), code.input(next++)];
        return { re: code.sub(k1, k3), im: code.add(k1, k2) };
      };
      const to = offsets(line.count, line.step);
      const { own: ownSlices, other } = slicesOfColumn(extent);
      const from = offsets(own ? ownSlices : other, slice);
      if (own) {
        const ends = extent === 1 ? [real()] : [real(), real()];
        const between = Array.from({ length: Math.max(0, extent / 2 - 1) }, complex);
        const spectrum = [ends[0]!, ...between, ...ends.slice(1)];
        return { line: code, from, to, results: taken(realInverse(code, spectrum), line) };
      }
      const column = complexTransform(code, Array.from({ length: extent }, complex), 1);
      return {
        line: code,
        from,
        to: to.flatMap((offset) => [offset, offset + imaginary]),
        results: taken(column, line).flatMap(({ re, im }) => [re, im]),
      };
    });
  }

  #function(name: string, lanes: number, calculate: () => Calculation): FunctionRef {
    const known = this.#known.get(name);
    if (known) return known;
    const { from, to, line, results } = calculate();
    const made = this.#module.function(`fourier ${name}`, { params: ["i32", "i32"], results: [] }, (f) => {
      const [source, target] = [f.param(0), f.param(1)];
      const code = new VectorCode(f, widthFor(lanes), this.#fused, line.factors(results));
      overLanes(code, lanes, [source, target], () => {
        line.emit(
          code,
          (number) => code.load(source, from[number]!),
          results,
          (number, value) => code.store(target, to[number]!, value),
        );
      });
    });
    this.#known.set(name, made);
    return made;
  }
}

const nameOf = ({ step, count, spacing }: Line): string => `${step} ${count} ${spacing}`;

function offsets(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}

/** A line's elements at their places in the transform. */
function spread<T>(extent: number, { count, spacing }: Line, element: (i: number) => T): (T | undefined)[] {
  return Array.from({ length: extent }, (_, at) =>
    at % spacing === 0 && at / spacing < count ? element(at / spacing) : undefined,
  );
}

function inputsOf(code: StraightLine, extent: number, line: Line): Value[] {
  return spread(extent, line, (i) => code.input(i));
}

function taken<T>(values: readonly T[], { count, spacing }: Line): T[] {
  return Array.from({ length: count }, (_, i) => values[i * spacing]!);
}

function packed(spectrum: readonly Complex[]): Value[] {
  const between = spectrum.slice(1, -1);
  return [spectrum[0]!.re, spectrum.at(-1)!.re, ...between.flatMap(({ re, im }) => [re, im])];
}

function unpacked(code: StraightLine, extent: number): Complex[] {
  const between = Array.from(
    { length: extent / 2 - 1 },
    (_, k): Complex => ({
      re: code.input(2 * k + 2),
      im: code.input(2 * k + 3),
    }),
  );
  return [{ re: code.input(0), im: undefined }, ...between, { re: code.input(1), im: undefined }];
}
