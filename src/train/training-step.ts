import { type Gradients, valueAndGrad } from "../autograd/grad.ts";
import { type Compiled, compile } from "../compiler/compile.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import type { Module } from "../nn/module.ts";
import { add, div, mul } from "../ops/arithmetic.ts";
import { zeros } from "../ops/like.ts";
import type { LossFunction } from "./loss.ts";
import type { Metric } from "./metrics.ts";
import { type Observation, UpdateObserver } from "./observation.ts";
import { clipByGlobalNorm } from "./optimizers/clip.ts";
import { type Optimizer, zerosLike } from "./optimizers/optimizer.ts";
import { judgeBy, type Targets } from "./targets.ts";

export interface StepOptions {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly loss: LossFunction;
  readonly metrics: readonly Metric[];
  /** The largest norm of all gradients together. */
  readonly clipNorm?: number | undefined;
}

export interface StepResult {
  /** Mean over the batch. */
  readonly loss: Tensor;
  /** `Metric.total` by the metric's name. */
  readonly totals: Readonly<Record<string, Tensor>>;
  /** Of an update that was observed. */
  readonly observation?: Observation;
}

/** A program of its own for updates that are observed, since what a result has in it decides the program. */
type Program = Compiled<[images: Tensor, targets: Targets, observed: boolean], StepResult>;

/**
 * Forward pass, loss, gradients, clipping, optimizer and metrics as one program.
 *
 * Where one update is made of several batches, the gradient is that of the mean loss over all their samples:
 * Σ n g / Σ n with n the samples of a batch. All but the last batch of an update run a program that only adds up.
 */
export class TrainingStep {
  readonly #options: StepOptions;
  readonly #update: Program;
  readonly #finish: Program;
  readonly #accumulate: Program;
  /** Σ n g of each parameter, and Σ n; both are 0 between updates. */
  readonly #sums = new Map<Variable, Variable>();
  readonly #samples: Variable = new Variable(tensor(new Float32Array(1), { shape: [] }));
  #accumulated = false;

  constructor(options: StepOptions) {
    this.#options = options;
    this.#update = compile((images: Tensor, targets: Targets, observed: boolean) => {
      const observer = observed ? new UpdateObserver(options.model) : undefined;
      const { result, grads } = this.#differentiate(images, targets, observer);
      return { ...result, ...this.#apply(grads, observer) };
    });
    this.#accumulate = compile((images: Tensor, targets: Targets) => {
      const { result, grads } = this.#differentiate(images, targets);
      for (const [parameter, sum] of this.#withSums(grads, images.shape[0]!)) {
        this.#sumOf(parameter).assign(sum);
      }
      this.#samples.assign(add(this.#samples, images.shape[0]!));
      return result;
    });
    this.#finish = compile((images: Tensor, targets: Targets, observed: boolean) => {
      const observer = observed ? new UpdateObserver(options.model) : undefined;
      const { result, grads } = this.#differentiate(images, targets, observer);
      const samples = add(this.#samples, images.shape[0]!);
      const means = [...this.#withSums(grads, images.shape[0]!)].map(
        ([parameter, sum]) => [parameter, div(sum, samples)] as const,
      );
      const seen = this.#apply(new Map(means), observer);
      for (const [parameter] of means) this.#sumOf(parameter).assign(zeros(parameter.shape, parameter.dtype));
      this.#samples.assign(zeros([]));
      return { ...result, ...seen };
    });
  }

  /** Takes one batch in; `last` says that the parameters are then updated, and `observed` whether that is looked at. */
  run(images: Tensor, targets: Targets, last: boolean, observed = false): Promise<StepResult> {
    const program = last ? (this.#accumulated ? this.#finish : this.#update) : this.#accumulate;
    this.#accumulated = !last;
    return program(images, targets, last && observed);
  }

  #differentiate(
    images: Tensor,
    targets: Targets,
    observer?: UpdateObserver,
  ): { result: StepResult; grads: Gradients } {
    const { model, loss, metrics } = this.#options;
    const { value, grads } = valueAndGrad((): [Tensor, StepResult["totals"]] => {
      const logits = observer ? observer.forward(images) : model.forward(images);
      const totals = metrics.map((metric) => {
        return [metric.name, judgeBy(targets, (labels) => metric.total(logits, labels))] as const;
      });
      return [judgeBy(targets, (labels) => loss(logits, labels)), Object.fromEntries(totals)];
    }, model.parameters());
    return { result: { loss: value[0], totals: value[1] }, grads };
  }

  #apply(grads: Gradients, observer?: UpdateObserver): Pick<StepResult, "observation"> {
    const { optimizer, clipNorm } = this.#options;
    const update = (): void =>
      optimizer.update(clipNorm === undefined ? grads : clipByGlobalNorm(grads, clipNorm));
    if (observer) return { observation: observer.update(grads, update) };
    update();
    return {};
  }

  #withSums(grads: Gradients, samples: number): Gradients {
    return new Map(
      [...grads].map(([parameter, gradient]) => [
        parameter,
        add(this.#sumOf(parameter), mul(gradient, samples)),
      ]),
    );
  }

  #sumOf(parameter: Variable): Variable {
    const known = this.#sums.get(parameter);
    if (known) return known;
    const sum = new Variable(zerosLike(parameter), { trainable: false });
    this.#sums.set(parameter, sum);
    return sum;
  }
}
