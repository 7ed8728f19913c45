import type { KernelInfo } from "../core/backend.ts";
import type { KernelTime } from "../core/profile.ts";
import type { Benchmark } from "./benchmark.ts";
import { algorithmOf } from "./draw-benchmark.ts";

/** An event of the Trace Event Format: complete ("X", times in microseconds) or the name of a process or thread ("M"). */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const pid = 1;
/** The rows of the picture. */
const compiler = 1;
const program = 2;

/** The phases of the compilation, and each run with its kernels inside, for chrome://tracing and Perfetto. */
export function traceEvents(title: string, { compilation, kernels, kernelTimes }: Benchmark): TraceEvent[] {
  const origin = Math.min(...[...compilation, ...kernelTimes].map(({ start }) => start));
  const complete = (
    tid: number,
    name: string,
    { start, end }: { readonly start: number; readonly end: number },
    details: Pick<TraceEvent, "cat" | "args">,
  ): TraceEvent => {
    const [ts, until] = [nanoseconds(start - origin), nanoseconds(end - origin)];
    return { name, ph: "X", pid, tid, ts: ts / 1000, dur: (until - ts) / 1000, ...details };
  };
  return [
    { name: "process_name", ph: "M", pid, tid: compiler, args: { name: title } },
    { name: "thread_name", ph: "M", pid, tid: compiler, args: { name: "compile" } },
    { name: "thread_name", ph: "M", pid, tid: program, args: { name: "run" } },
    ...compilation.map((phase) => complete(compiler, phase.name, spanOf([phase]), { cat: "compile" })),
    ...runsOf(kernelTimes).flatMap((times, run) => [
      complete(program, run === 0 ? "first run" : `run ${run}`, spanOf(times), { cat: "run" }),
      ...times.map((time) => {
        const kernel = kernels[time.kernel]!;
        return complete(program, kernel.name, spanOf([time]), {
          cat: "kernel",
          args: detailsOf(kernel, time),
        });
      }),
    ]),
  ];
}

function detailsOf(kernel: KernelInfo, { ms }: KernelTime): Readonly<Record<string, unknown>> {
  const { shape, macs, bytes } = kernel;
  const speed = macs > 0 && ms > 0 ? { "GFLOP/s": Number(((2 * macs) / (1e6 * ms)).toPrecision(4)) } : {};
  return { shape: shape.join("×"), algorithm: algorithmOf(kernel), MACs: macs, bytes, ...speed };
}

/** Whole ones, so that an event ends exactly where the next one may begin. */
function nanoseconds(ms: number): number {
  return Math.round(1e6 * ms);
}

/** From where the first begins to where the last ends. */
function spanOf(times: readonly { readonly start: number; readonly ms: number }[]): {
  start: number;
  end: number;
} {
  const last = times.at(-1)!;
  return { start: times[0]!.start, end: last.start + last.ms };
}

function runsOf(times: readonly KernelTime[]): KernelTime[][] {
  const runs: KernelTime[][] = [];
  for (const time of times) {
    runs[time.run] ??= [];
    runs[time.run]!.push(time);
  }
  return runs;
}
