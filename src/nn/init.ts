import type { TypedArray } from "../core/dtype.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { orthogonalRows } from "./orthogonal.ts";
import type { Parameter } from "./parameter.ts";
import { DrawnStorage, InitialStream } from "./random.ts";

/** Functions that set a parameter's initial values and return it. */

type Draw = (random: InitialStream, into: TypedArray) => void;

/** Gives the parameter values that `draw` makes, when they are first needed, of a stream fixed now. */
function drawn(parameter: Parameter, draw: Draw): Parameter {
  const random = new InitialStream();
  const storage = new DrawnStorage(parameter.dtype, sizeOf(parameter.shape), (into) => draw(random, into));
  parameter.assign(Tensor.value(storage, parameter.shape));
  return parameter;
}

/** Independent numbers of U(low, high). */
export function uniform(parameter: Parameter, low = 0, high = 1): Parameter {
  return drawn(parameter, (random, into) => {
    for (let i = 0; i < into.length; i++) into[i] = low + (high - low) * random.uniform();
  });
}

/** Independent numbers of N(mean, std²). */
export function normal(parameter: Parameter, mean = 0, std = 1): Parameter {
  return drawn(parameter, (random, into) => {
    for (let i = 0; i < into.length; i++) into[i] = mean + std * random.normal();
  });
}

/**
 * Independent numbers of N(mean, std²), each drawn again until it lies in [low, high].
 *
 * @throws ArgumentError unless low ≤ mean ≤ high, low < high and std > 0.
 */
export function truncNormal(parameter: Parameter, mean = 0, std = 1, low = -2, high = 2): Parameter {
  if (!(low <= mean && mean <= high && low < high && std > 0)) {
    throw new ArgumentError(
      `truncNormal: the mean ${mean} must lie in [${low}, ${high}], and std ${std} must be positive`,
    );
  }
  // Within an interval much shorter than the bell, uniform candidates are kept more often than normal ones.
  const isShort = high - low < std;
  return drawn(parameter, (random, into) => {
    for (let i = 0; i < into.length; i++) {
      let value: number;
      if (isShort) {
        do value = low + (high - low) * random.uniform();
        while (random.uniform() > Math.exp(-0.5 * ((value - mean) / std) ** 2));
      } else {
        do value = mean + std * random.normal();
        while (value < low || value > high);
      }
      into[i] = value;
    }
  });
}

export function constant(parameter: Parameter, value: number): Parameter {
  const storage = new DrawnStorage(parameter.dtype, sizeOf(parameter.shape), (into) => into.fill(value));
  parameter.assign(Tensor.value(storage, parameter.shape));
  return parameter;
}

export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * How many inputs an output of a layer with this weight sums up, and the other way round: for [O, I, ...K] these are
 * I·|K| and O·|K|.
 *
 * @throws ShapeError for fewer than two axes.
 */
export function fansOf(shape: Shape): Fans {
  const [out, inputs, ...kernel] = shape;
  if (out === undefined || inputs === undefined) {
    throw new ShapeError("fansOf", "a weight with fewer than two axes has no fans", { weight: shape });
  }
  return { fanIn: inputs * sizeOf(kernel), fanOut: out * sizeOf(kernel) };
}

export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/** The factor on the standard deviation that keeps the signal's size through the nonlinearity. */
export function gainOf(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + a * a));
    case "selu":
      return 3 / 4;
    default:
      return 1;
  }
}

/**
 * U(−b, b) with b = gain · √(6/(fanIn + fanOut)).
 *
 * Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks (2010), equation 16.
 */
export function xavierUniform(parameter: Parameter, gain = 1): Parameter {
  const bound = Math.sqrt(3) * xavierStd(parameter, gain);
  return uniform(parameter, -bound, bound);
}

/** N(0, gain² · 2/(fanIn + fanOut)), the normal counterpart of {@link xavierUniform}. */
export function xavierNormal(parameter: Parameter, gain = 1): Parameter {
  return normal(parameter, 0, xavierStd(parameter, gain));
}

function xavierStd(parameter: Parameter, gain: number): number {
  const { fanIn, fanOut } = fansOf(parameter.shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

export interface KaimingOptions {
  /** Slope for negative inputs of the leaky ReLU that follows; default 0, a ReLU. */
  readonly a?: number;
  /** Which pass keeps its variance: the forward (fanIn, the default) or the backward one. */
  readonly mode?: keyof Fans;
  /** Default leakyRelu. */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * U(−b, b) with b = gain · √(3/fan).
 *
 * He, Zhang, Ren, Sun: Delving Deep into Rectifiers (2015), section 2.2.
 */
export function kaimingUniform(parameter: Parameter, options: KaimingOptions = {}): Parameter {
  const bound = Math.sqrt(3) * kaimingStd(parameter, options);
  return uniform(parameter, -bound, bound);
}

/** N(0, gain²/fan), the normal counterpart of {@link kaimingUniform}. */
export function kaimingNormal(parameter: Parameter, options: KaimingOptions = {}): Parameter {
  return normal(parameter, 0, kaimingStd(parameter, options));
}

function kaimingStd(
  parameter: Parameter,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions,
): number {
  return gainOf(nonlinearity, a) / Math.sqrt(fansOf(parameter.shape)[mode]);
}

/**
 * `gain` times a random matrix with orthonormal rows or columns, whichever are fewer; axes after the first are one.
 *
 * Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning in deep linear networks (2013).
 */
export function orthogonal(parameter: Parameter, gain = 1): Parameter {
  const [rows, ...rest] = parameter.shape;
  if (rows === undefined || rest.length === 0) {
    throw new ShapeError("orthogonal", "the parameter has fewer than two axes", {
      parameter: parameter.shape,
    });
  }
  const columns = sizeOf(rest);
  const isWide = rows <= columns;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  return drawn(parameter, (random, into) => {
    const basis = orthogonalRows(count, length, () => random.normal());
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        into[row * columns + column] =
          gain * (isWide ? basis[row * length + column]! : basis[column * length + row]!);
      }
    }
  });
}
