import { ArgumentError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { batchCount } from "../data/loader.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { defaultGenerator } from "../ops/generator.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { isOver, judge, untried } from "./early-stopping.ts";
import { type Evaluation, Evaluator } from "./evaluate.ts";
import type { FitEvent } from "./events.ts";
import type { FitOptions, FitResult } from "./fit-options.ts";
import { Freezer } from "./freezer.ts";
import { chooseLoss } from "./loss.ts";
import { LossLedger } from "./loss-ledger.ts";
import { accuracy, type Metric } from "./metrics.ts";
import { Monitor } from "./monitor.ts";
import type { Observation } from "./observation.ts";
import { Pace } from "./pace.ts";
import type { EpochRecord, Position } from "./position.ts";
import type { MetricsLine } from "./run.ts";
import { type Horizon, learningRateAt } from "./schedules.ts";
import { targetsOf } from "./targets.ts";
import { noTotals, scoresOf } from "./totals.ts";
import { TrainingState } from "./training-state.ts";
import { TrainingStep } from "./training-step.ts";
import { EventLoopYield } from "./yield-to-event-loop.ts";

/** One call of `fit`: the loop over epochs and batches, and the position that it has reached. */
export class Training {
  readonly #model: Module;
  readonly #options: FitOptions;
  readonly #metrics: readonly Metric[];
  readonly #step: TrainingStep;
  readonly #evaluator: Evaluator;
  readonly #state: TrainingState;
  readonly #freezer: Freezer | undefined;
  readonly #monitor: Monitor | undefined;
  readonly #batchesPerEpoch: number;
  readonly #horizon: Horizon;
  readonly #ledger = new LossLedger();
  readonly #pace = new Pace();
  /** Changed field by field while the training goes on; copied for a checkpoint. */
  #at: { -readonly [Field in keyof Position]: Position[Field] };
  #lastEvaluation: Evaluation | undefined;
  #checkpoint: Checkpoint | undefined;
  #unsaved = true;
  #savedAt: number = performance.now();

  constructor(model: Module, options: FitOptions) {
    const { train, batchSize, optimizer, accumulate = 1, dropLast = false, seed = 0, clipNorm } = options;
    const { training, evaluation } = chooseLoss(options);
    const metrics = options.metrics ?? [accuracy()];
    this.#model = model;
    this.#options = options;
    this.#metrics = metrics;
    this.#step = new TrainingStep({ model, optimizer, loss: training, metrics, clipNorm });
    this.#evaluator = new Evaluator(model, evaluation, metrics);
    this.#state = new TrainingState(model, optimizer, options.generators);
    this.#freezer = options.freeze && new Freezer(model, options.freeze);
    this.#monitor = options.monitor && new Monitor(options.monitor);
    this.#batchesPerEpoch = batchCount(train.length, batchSize, dropLast);
    const stepsPerEpoch = Math.ceil(this.#batchesPerEpoch / accumulate);
    this.#horizon = { stepsPerEpoch, totalSteps: stepsPerEpoch * options.epochs };
    this.#at = {
      epoch: 0,
      batch: 0,
      step: 0,
      lines: 0,
      epochTotals: noTotals(metrics),
      reportTotals: noTotals(metrics),
      earlyStopping: untried,
      history: [],
      continuity: {
        metrics: metrics.map(({ name }) => name).join(),
        seed,
        samples: train.length,
        batchSize,
        accumulate,
        dropLast,
      },
    };
  }

  run(): Promise<FitResult> {
    return withMode(this.#model, true, async () => {
      using _ = this.#freezer; // which gives the parameters back at the end
      await this.#begin();
      let stopped = await this.#trainEpochs();
      const saves = this.#options.run !== undefined || this.#options.checkpointEvery !== undefined;
      if (this.#unsaved && (saves || stopped === "aborted")) await this.#save();
      const test = stopped === "aborted" ? undefined : await this.#test();
      if (this.#aborted) stopped = "aborted";
      const result: FitResult = {
        history: this.#at.history,
        steps: this.#at.step,
        stopped,
        test,
        checkpoint: this.#checkpoint,
      };
      await this.#emit({ kind: "end", result });
      return result;
    });
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  async #begin(): Promise<void> {
    const { resumeFrom, run, seed = 0 } = this.#options;
    if (resumeFrom) {
      this.#state.restore(resumeFrom, this.#at.continuity);
      this.#at = structuredClone(resumeFrom.position);
      this.#checkpoint = resumeFrom;
      this.#unsaved = false;
    } else {
      if (await run?.checkpoint()) {
        throw new ArgumentError("fit: the run has a checkpoint; give it as resumeFrom, or begin another run");
      }
      defaultGenerator.seed(seed);
    }
    this.#freezer?.apply(this.#at.epoch);
    await this.#state.begin();
    await run?.startAt(this.#at.lines);
    const learned = this.#model.parameters().filter((parameter) => parameter.trainable);
    await this.#emit({
      kind: "start",
      epochs: this.#options.epochs,
      ...this.#horizon,
      parameters: learned.reduce((total, parameter) => total + sizeOf(parameter.shape), 0),
      resumedAt: resumeFrom?.position,
    });
  }

  async #trainEpochs(): Promise<FitResult["stopped"]> {
    const { epochs, earlyStopping } = this.#options;
    while (this.#at.epoch < epochs) {
      if (earlyStopping && isOver(this.#at.earlyStopping, earlyStopping)) return "early";
      const began = performance.now();
      this.#freezer?.apply(this.#at.epoch);
      await this.#trainBatches();
      if (this.#aborted || !(await this.#endEpoch(began))) return "aborted";
    }
    return "finished";
  }

  /** The batches of the epoch that are left, or those before an abort. */
  async #trainBatches(): Promise<void> {
    const { train, batchSize, transform, mix, reportEvery = 10 } = this.#options;
    const { accumulate, seed, dropLast } = this.#at.continuity;
    if (this.#aborted || this.#at.batch === this.#batchesPerEpoch) return;
    const events = new EventLoopYield();
    this.#pace.start();
    const batches = train.batches(batchSize, {
      shuffle: true,
      seed,
      epoch: this.#at.epoch,
      startBatch: this.#at.batch,
      dropLast,
      ...(transform && { transform }),
      ...(mix && { mix }),
    });
    for await (const batch of batches) {
      const done = batch.index + 1;
      const updates = done % accumulate === 0 || done === this.#batchesPerEpoch;
      if (updates) await this.#setLearningRate();
      const images = tensor(batch.images, { shape: batch.shape });
      const observed = updates && this.#monitor?.isDue(this.#at.step + 1) === true;
      const result = await this.#step.run(images, targetsOf(batch), updates, observed);
      const { size: samples, labels: targets } = batch;
      this.#ledger.add({ step: this.#at.step + 1, samples, targets: targets.length, result });
      this.#pace.count(samples, Number(updates));
      if (!updates) continue;
      this.#at.step++;
      this.#at.batch = done;
      this.#unsaved = true;
      if (this.#at.step % reportEvery === 0) await this.#report();
      if (result.observation) await this.#tellOf(result.observation);
      if (this.#checkpointIsDue()) await this.#save();
      await events.pause();
      if (this.#aborted) break;
    }
    this.#pace.stop();
  }

  /** Judges the epoch that was trained; false if an abort came before that was done. */
  async #endEpoch(began: number): Promise<boolean> {
    await this.#settle();
    if (this.#at.reportTotals.samples > 0) await this.#report();
    const { validation, test, earlyStopping, checkpointEvery, run } = this.#options;
    const judged = validation ?? test;
    const evaluation = judged && (await this.#evaluate(judged, validation ? "validation" : "test"));
    if (judged && !evaluation) return false;
    const record: EpochRecord = {
      epoch: this.#at.epoch + 1,
      step: this.#at.step,
      learningRate: await this.#learningRateOf(this.#at.step),
      train: scoresOf(this.#at.epochTotals),
      ...(evaluation && { evaluation: evaluation.scores }),
    };
    this.#at.history = [...this.#at.history, record];
    if (earlyStopping && evaluation) {
      const { earlyStopping: before } = this.#at;
      this.#at.earlyStopping = judge(before, earlyStopping, record.epoch, evaluation.scores);
    }
    this.#at.epoch++;
    this.#at.batch = 0;
    this.#at.epochTotals = noTotals(this.#metrics);
    this.#unsaved = true;
    const seconds = (performance.now() - began) / 1000;
    await this.#record({ kind: "epoch", ...record, seconds });
    await this.#emit({ kind: "epoch", record, seconds });
    const every = checkpointEvery ? checkpointEvery.epochs : run && 1;
    if (every !== undefined && this.#at.epoch % every === 0) await this.#save();
    return true;
  }

  /** The evaluation, or undefined if an abort came before its end. */
  async #evaluate(dataset: Dataset, name: "validation" | "test"): Promise<Evaluation | undefined> {
    const { evaluationBatchSize = 256, signal } = this.#options;
    try {
      const evaluation = await this.#evaluator.run(dataset, evaluationBatchSize, signal);
      this.#lastEvaluation = evaluation;
      await this.#emit({ kind: "evaluation", epoch: this.#at.epoch + 1, dataset: name, evaluation });
      return evaluation;
    } catch (error) {
      if (this.#aborted) return undefined;
      throw error;
    }
  }

  /** The final judgement; an epoch that ended just now has made it already where there is no validation set. */
  async #test(): Promise<Evaluation | undefined> {
    const { test, validation } = this.#options;
    if (!test) return undefined;
    const known = validation ? undefined : this.#lastEvaluation;
    const evaluation = known ?? (await this.#evaluate(test, "test"));
    if (evaluation) await this.#record({ kind: "test", scores: evaluation.scores });
    return evaluation;
  }

  async #setLearningRate(): Promise<void> {
    const { schedule, optimizer } = this.#options;
    if (schedule) optimizer.setLearningRate(await this.#learningRateOf(this.#at.step + 1));
  }

  /** Of update number `step`, counted from 1. */
  async #learningRateOf(step: number): Promise<number> {
    const { schedule, optimizer } = this.#options;
    if (schedule) return learningRateAt(optimizer.lr, schedule, step - 1, this.#horizon);
    const now = await optimizer.learningRate.value.item();
    return now === Math.fround(optimizer.lr) ? optimizer.lr : now;
  }

  #settle(): Promise<void> {
    const { epochTotals, reportTotals } = this.#at;
    return this.#ledger.settle([epochTotals, reportTotals], (step) => this.#learningRateOf(step));
  }

  async #report(): Promise<void> {
    await this.#settle();
    const { step, epoch, reportTotals } = this.#at;
    const { imagesPerSecond, secondsPerStep } = this.#pace.lap();
    const report = {
      kind: "step",
      epoch: epoch + 1,
      step,
      learningRate: await this.#learningRateOf(step),
      scores: scoresOf(reportTotals),
      imagesPerSecond,
      secondsLeft: secondsPerStep * (this.#horizon.totalSteps - step),
    } as const;
    this.#at.reportTotals = noTotals(this.#metrics);
    await this.#pace.aside(async () => {
      await this.#record(report);
      await this.#emit(report);
    });
  }

  async #tellOf(observation: Observation): Promise<void> {
    const { epoch, step } = this.#at;
    const at = { epoch: epoch + 1, step, learningRate: await this.#learningRateOf(step) };
    const event = await this.#monitor!.read(observation, at);
    await this.#pace.aside(() => this.#emit(event));
  }

  #checkpointIsDue(): boolean {
    const { steps, seconds } = this.#options.checkpointEvery ?? {};
    return (
      (steps !== undefined && this.#at.step % steps === 0) ||
      (seconds !== undefined && performance.now() - this.#savedAt >= seconds * 1000)
    );
  }

  #save(): Promise<void> {
    return this.#pace.aside(() => this.#saveNow());
  }

  async #saveNow(): Promise<void> {
    await this.#settle();
    const position: Position = structuredClone(this.#at);
    const checkpoint = await this.#state.checkpoint(position, await this.#learningRateOf(position.step));
    await this.#options.run?.save(checkpoint);
    this.#checkpoint = checkpoint;
    this.#unsaved = false;
    this.#savedAt = performance.now();
    await this.#emit({ kind: "checkpoint", checkpoint });
  }

  async #record(line: MetricsLine): Promise<void> {
    if (!this.#options.run) return;
    await this.#options.run.record({ ...line, time: new Date().toISOString() });
    this.#at.lines++;
  }

  async #emit(event: FitEvent): Promise<void> {
    await this.#options.onEvent?.(event);
  }
}
