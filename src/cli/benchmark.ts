import { valueAndGrad } from "../autograd/grad.ts";
import { type Compiled, compile } from "../compiler/compile.ts";
import type { Backend, KernelInfo } from "../core/backend.ts";
import type { KernelTime, PhaseTime } from "../core/profile.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";
import { SGD } from "../train/optimizers/sgd.ts";
import { EventLoopYield } from "../train/yield-to-event-loop.ts";

export interface BenchmarkOptions {
  readonly backend: Backend;
  /** The shape of one image, and how many are computed at a time. */
  readonly input: Shape;
  readonly batch: number;
  /** Whether a run is a training step: forward, cross entropy, backward and SGD with momentum. */
  readonly train: boolean;
  /** Timed runs, and as many profiled ones; without a number as many as fit into a second. */
  readonly runs: number | undefined;
  readonly signal: AbortSignal;
}

export interface Benchmark {
  /** Milliseconds of each whole run, from the fastest to the slowest. */
  readonly times: readonly number[];
  /** What the program is made of; kernels that run ahead have the time of the first run. */
  readonly kernels: readonly KernelInfo[];
  /** Of the first run, which is number 0, and of those that were profiled after the timed ones. */
  readonly kernelTimes: readonly KernelTime[];
  readonly compilation: readonly PhaseTime[];
}

/** The engine compiles what is hot once more, and the backend chooses its threads. */
const warmUp = { runs: 3, ms: 500 } as const;
const aSecond = 1000;
const fewest = 5;
const most = 1000;

/** Times whole runs of a network on random images, then those of its kernels. @throws the signal's reason. */
export async function benchmark(model: Module, options: BenchmarkOptions): Promise<Benchmark> {
  const { input, batch, train, signal } = options;
  const images = randomImages([batch, ...input]);
  const labels = train ? labelsFor(model, images) : tensor(new Int32Array(batch));
  const run = train ? trainingStep(model, options.backend) : inference(model, options.backend);
  const eventLoop = new EventLoopYield();
  const runOnce = async (): Promise<number> => {
    await eventLoop.pause();
    signal.throwIfAborted();
    const began = performance.now();
    await run(images, labels);
    return performance.now() - began;
  };

  const began = performance.now();
  const program = await run.program(images, labels);
  const [expand] = program.compilation;
  const traced: PhaseTime[] = expand ? [{ name: "trace", start: began, ms: expand.start - began }] : [];
  program.profile(true);
  await runOnce();
  program.profile(false);
  const [firstTimes, firstKernels] = [program.kernelTimes(), program.describe()];

  const warming = performance.now();
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < warmUp.runs || performance.now() - warming < warmUp.ms; n++)
    best = Math.min(best, await runOnce());
  const runs = options.runs ?? Math.min(most, Math.max(fewest, Math.ceil(aSecond / best)));
  const times: number[] = [];
  for (let n = 0; n < runs; n++) times.push(await runOnce());
  program.profile(true);
  for (let n = 0; n < runs; n++) await runOnce();
  program.profile(false);

  return {
    times: times.sort((a, b) => a - b),
    kernels: program
      .describe()
      .map((kernel, i) => (kernel.ahead ? { ...kernel, ms: firstKernels[i]!.ms, runs: 1 } : kernel)),
    kernelTimes: [...firstTimes, ...program.kernelTimes().map((time) => ({ ...time, run: time.run + 1 }))],
    compilation: [...traced, ...program.compilation],
  };
}

type Run = Compiled<[images: Tensor, labels: Tensor], Tensor>;

function inference(model: Module, backend: Backend): Run {
  model.eval();
  return compile((images) => model.forward(images), { backend });
}

/** The learning rate is small enough that no number of steps on one batch ends in NaN, whose cost may be another. */
function trainingStep(model: Module, backend: Backend): Run {
  model.train();
  const optimizer = new SGD({ lr: 1e-4, momentum: 0.9 });
  return compile(
    (images, labels) => {
      const { value, grads } = valueAndGrad(
        () => crossEntropy(model.forward(images), labels),
        model.parameters(),
      );
      optimizer.update(grads);
      return value;
    },
    { backend },
  );
}

/** A class for each position of the output [N, classes, …]. */
function labelsFor(model: Module, images: Tensor): Tensor {
  const [batch, classes, ...positions] = model.eval().forward(images).shape;
  const shape = [batch!, ...positions];
  const values = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i % Math.min(2, classes!));
  return tensor(values, { shape });
}

/** Numbers in [−1, 1), the same each time. */
function randomImages(shape: Shape): Tensor {
  const values = new Float32Array(sizeOf(shape));
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return tensor(values, { shape });
}
