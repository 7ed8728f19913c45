import type { EpochEvent, FitEvent, StartEvent, StepEvent } from "../train/events.ts";
import type { Scores } from "../train/totals.ts";
import { drawProgress, eraseLine, redrawMilliseconds } from "./draw-progress.ts";
import { formatCount, formatDuration, formatMany, formatNumber, formatPercent } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** Lines in an epoch, besides its last, where a bar cannot be drawn. */
const linesPerEpoch = 4;

/** Shows what a training tells: a bar that moves for a person, and plain lines for a file. */
export class TrainingDisplay {
  readonly #terminal: Terminal;
  #start: StartEvent | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #linesShown = 0;
  #epoch = 0;
  /** What epochs are judged by. */
  #judged = "test";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: FitEvent): void {
    if (event.kind === "start") this.#begin(event);
    if (event.kind === "step") this.#step(event);
    if (event.kind === "evaluation") this.#judged = event.dataset;
    if (event.kind === "epoch") this.#endEpoch(event);
  }

  /** A line between the others, with the bar out of the way. */
  note(text: string): void {
    this.clear();
    this.#terminal.line(text);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#terminal.interactive) this.#terminal.write(eraseLine);
  }

  #begin(start: StartEvent): void {
    this.#start = start;
    const { resumedAt, parameters, epochs, totalSteps } = start;
    this.note(
      resumedAt
        ? `Goes on after step ${formatCount(resumedAt.step)} of ${formatCount(totalSteps)}`
        : `${formatMany(parameters, "parameter")}, ${formatMany(epochs, "epoch")}, ${formatMany(totalSteps, "step")}`,
    );
  }

  #step(event: StepEvent): void {
    const { epochs, stepsPerEpoch } = this.#start!;
    const { epoch, step, scores, imagesPerSecond, secondsLeft } = event;
    const done = (step - (epoch - 1) * stepsPerEpoch) / stepsPerEpoch;
    const state = { epoch, epochs, done, imagesPerSecond, loss: scores.loss, secondsLeft };
    const { interactive, columns, style } = this.#terminal;
    if (interactive) {
      const now = performance.now();
      if (now - this.#drawnAt < redrawMilliseconds) return;
      this.#drawnAt = now;
      this.#terminal.write(eraseLine + drawProgress(state, columns, style));
      return;
    }
    if (epoch !== this.#epoch) [this.#epoch, this.#linesShown] = [epoch, 0];
    const due = Math.floor(done * (linesPerEpoch + 1));
    if (due <= this.#linesShown || due > linesPerEpoch) return;
    this.#linesShown = due;
    this.#terminal.line(
      `epoch ${epoch}/${epochs}  ${Math.round(100 * done)}%  ${formatCount(Math.round(imagesPerSecond))} images/s  ` +
        `loss ${formatNumber(scores.loss)}  ${formatDuration(secondsLeft)} left`,
    );
  }

  #endEpoch({ record, seconds }: EpochEvent): void {
    const { epoch, train, evaluation } = record;
    this.note(
      [
        `epoch ${epoch}/${this.#start!.epochs}`,
        `train ${describeScores(train)}`,
        ...(evaluation ? [`${this.#judged} ${describeScores(evaluation)}`] : []),
        formatDuration(seconds),
      ].join("  "),
    );
  }
}

/** `loss 0.0332 (98.97%)` with the accuracy */
function describeScores({ loss, accuracy }: Scores): string {
  const share = accuracy === undefined ? "" : ` (${formatPercent(accuracy)})`;
  return `loss ${formatNumber(loss)}${share}`;
}
