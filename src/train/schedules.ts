import { ArgumentError } from "../core/errors.ts";

/**
 * How the learning rate changes during training, as plain data that a configuration can hold.
 *
 * Durations are in epochs, which may be fractions; values are factors on the optimizer's learning rate.
 */
export type Schedule =
  | ConstantSchedule
  | StepSchedule
  | ExponentialSchedule
  | CosineSchedule
  | OneCycleSchedule
  | PiecewiseSchedule;

export interface ConstantSchedule {
  readonly kind: "constant";
}

/** factor^⌊epoch / every⌋ */
export interface StepSchedule {
  readonly kind: "step";
  readonly every: number;
  /** 0.1 unless told. */
  readonly factor?: number;
}

/** factor^epoch, continuously */
export interface ExponentialSchedule {
  readonly kind: "exponential";
  readonly factor: number;
}

/**
 * A straight rise from 1/W to 1 in the W steps of `warmup`, then half a cosine from 1 down to `floor` at the end.
 *
 * Loshchilov and Hutter: SGDR (2017), equation 5, without restarts; the warm-up is that of Goyal et al.: Accurate, Large
 * Minibatch SGD (2017), section 2.2.
 */
export interface CosineSchedule {
  readonly kind: "cosine";
  /** 0 unless told. */
  readonly warmup?: number;
  /** 0 unless told. */
  readonly floor?: number;
}

/**
 * Half a cosine from 1 / `divide` up to 1 at the fraction `rise` of all steps, then another down to
 * 1 / (`divide` · `finalDivide`) at the last step.
 *
 * Smith and Topin: Super-Convergence (2018), with the steps counted as in PyTorch's OneCycleLR.
 */
export interface OneCycleSchedule {
  readonly kind: "oneCycle";
  /** 0.3 unless told. */
  readonly rise?: number;
  /** 25 unless told. */
  readonly divide?: number;
  /** 10⁴ unless told. */
  readonly finalDivide?: number;
}

/** Straight lines between points, constant before the first and after the last; two points at one epoch make a jump. */
export interface PiecewiseSchedule {
  readonly kind: "piecewise";
  readonly points: readonly (readonly [epoch: number, factor: number])[];
}

/** What a schedule must know about the training. */
export interface Horizon {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** The factor on the learning rate for update number `step`, counted from 0: a pure function. */
export function scheduleFactor(schedule: Schedule, step: number, horizon: Horizon): number {
  const epoch = step / horizon.stepsPerEpoch;
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "step":
      return (schedule.factor ?? 0.1) ** Math.floor(epoch / schedule.every);
    case "exponential":
      return schedule.factor ** epoch;
    case "cosine":
      return cosineFactor(schedule, step, horizon);
    case "oneCycle":
      return oneCycleFactor(schedule, step, horizon);
    case "piecewise":
      return piecewiseFactor(schedule.points, epoch);
  }
}

/** `base` times {@link scheduleFactor}. */
export function learningRateAt(base: number, schedule: Schedule, step: number, horizon: Horizon): number {
  return base * scheduleFactor(schedule, step, horizon);
}

function cosineFactor({ warmup = 0, floor = 0 }: CosineSchedule, step: number, horizon: Horizon): number {
  const rising = Math.round(warmup * horizon.stepsPerEpoch);
  if (step < rising) return (step + 1) / rising;
  return halfCosine(1, floor, (step - rising) / Math.max(1, horizon.totalSteps - rising));
}

function oneCycleFactor(schedule: OneCycleSchedule, step: number, { totalSteps }: Horizon): number {
  const { rise = 0.3, divide = 25, finalDivide = 1e4 } = schedule;
  const start = 1 / divide;
  const peak = rise * totalSteps - 1;
  if (step < peak) return halfCosine(start, 1, step / peak);
  return halfCosine(1, start / finalDivide, (step - peak) / (totalSteps - 1 - peak));
}

/** From `from` at 0 to `to` at 1, level at both ends and outside. */
function halfCosine(from: number, to: number, at: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(Math.max(at, 0), 1)))) / 2;
}

function piecewiseFactor(points: PiecewiseSchedule["points"], epoch: number): number {
  const next = points.findIndex(([at]) => at > epoch);
  if (next === 0) return points[0]![1];
  const [from, low] = points.at(next < 0 ? -1 : next - 1)!;
  if (next < 0) return low;
  const [to, high] = points[next]!;
  return low + ((high - low) * (epoch - from)) / (to - from);
}

/** @throws ArgumentError for a setting with which the schedule has no meaning. */
export function checkSchedule(schedule: Schedule): void {
  const need = (holds: boolean, what: string): void => {
    if (!holds) throw new ArgumentError(`schedule ${schedule.kind}: ${what}`);
  };
  switch (schedule.kind) {
    case "constant":
      return;
    case "step":
      need(schedule.every > 0, `every must be positive, but is ${schedule.every}`);
      need((schedule.factor ?? 1) > 0, `factor must be positive, but is ${schedule.factor}`);
      return;
    case "exponential":
      need(schedule.factor > 0, `factor must be positive, but is ${schedule.factor}`);
      return;
    case "cosine":
      need((schedule.warmup ?? 0) >= 0, `warmup must be at least 0, but is ${schedule.warmup}`);
      need((schedule.floor ?? 0) >= 0, `floor must be at least 0, but is ${schedule.floor}`);
      return;
    case "oneCycle": {
      const { rise = 0.3, divide = 1, finalDivide = 1 } = schedule;
      need(rise > 0 && rise < 1, `rise must lie between 0 and 1, but is ${rise}`);
      need(divide >= 1 && finalDivide >= 1, "divide and finalDivide must be at least 1");
      return;
    }
    case "piecewise": {
      const { points } = schedule;
      need(points.length > 0, "there are no points");
      need(
        points.every(([, factor]) => factor >= 0),
        "factors must be at least 0",
      );
      need(
        points.every(([epoch], i) => i === 0 || epoch >= points[i - 1]![0]),
        "epochs must ascend",
      );
      return;
    }
    default:
      throw new ArgumentError(`there is no schedule named "${(schedule as { kind: unknown }).kind}"`);
  }
}
