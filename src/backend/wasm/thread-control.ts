import { type Local, ModuleBuilder } from "./assembler.ts";
import { emitAwaitChange, emitMayBlock, emitNotify } from "./barrier.ts";
import { barrierAddress, barrierLayout, controlBlock, workerLayout } from "./control-block.ts";

/** What the pool and its workers do to the control block; every thread has an instance. */
export interface ThreadControl {
  readonly mayBlock: WebAssembly.Global;
  /** Gives a run to the workers 1 to `threads` - 1. */
  dispatch(program: number, table: number, threads: number): void;
  /** Waits until these workers have finished. */
  join(): void;
  /** Counts a message that is posted to a worker and wakes it. */
  announceLetter(thread: number): void;
  /** Waits until the worker's command is another than `seen`, and gives it. */
  nextCommand(thread: number, seen: number): number;
  /** Says that a worker has finished the run. */
  finish(): void;
  /** Makes all threads of the run leave their barriers by a trap; 1 for the first call of a run, else 0. */
  abort(): number;
  /** Makes the control block ready for the next run; gives whether the last one was aborted. */
  reset(): number;
}

const { abort, pending, callerAsleep, workers } = controlBlock;
const command = { offset: workers + workerLayout.command };
const asleep = { offset: workers + workerLayout.asleep };

/** The module behind `ThreadControl`, in WebAssembly because it spins and sleeps like the barrier does. */
export function threadControlModule(): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory({ shared: true, initialPages: 1, maximumPages: 65536 }); // any shared memory fits
  const mayBlock = emitMayBlock(module);

  /** Changes a worker's command by adding to or flipping bits of it. */
  const changeCommand = (operation: "add" | "xor", operand: number) =>
    module.function(`command ${operation} ${operand}`, { params: ["i32"], results: [] }, (f) => {
      const base = f.local("i32");
      f.set(base, f.i32.mul(f.get(f.param(0)), f.i32.const(workerLayout.bytes)));
      f.drop(f.atomic[operation](command, f.get(base), f.i32.const(operand)));
      f.if(f.atomic.load(asleep, f.get(base)), () => emitNotify(f, { base, ...command }));
    });
  const giveRun = changeCommand("xor", 1);
  const addLetter = changeCommand("add", 2);

  module.function("announceLetter", { params: ["i32"], results: [], export: "announceLetter" }, (f) => {
    f.call(addLetter, f.get(f.param(0)));
  });

  module.function("dispatch", { params: ["i32", "i32", "i32"], results: [], export: "dispatch" }, (f) => {
    const [program, table, threads] = [f.param(0), f.param(1), f.param(2)];
    const store = (offset: number, local: Local) => f.i32.store({ offset }, f.i32.const(0), f.get(local));
    store(controlBlock.program, program);
    store(controlBlock.table, table);
    store(controlBlock.threads, threads);
    f.atomic.store({ offset: pending }, f.i32.const(0), f.i32.sub(f.get(threads), f.i32.const(1)));
    f.loop((again) => {
      f.set(threads, f.i32.sub(f.get(threads), f.i32.const(1)));
      f.call(giveRun, f.get(threads));
      f.brIf(again, f.i32.gtU(f.get(threads), f.i32.const(1)));
    });
  });

  module.function("join", { params: [], results: [], export: "join" }, (f) => {
    const [zero, left] = [f.local("i32"), f.local("i32")];
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, f.i32.eqz(f.tee(left, f.atomic.load({ offset: pending }, f.get(zero)))));
        emitAwaitChange(f, { base: zero, offset: pending }, left, mayBlock, (f, entering) => {
          f.atomic.store({ offset: callerAsleep }, f.get(zero), f.i32.const(entering ? 1 : 0));
        });
        f.br(again);
      });
    });
  });

  module.function("nextCommand", { params: ["i32", "i32"], results: ["i32"], export: "nextCommand" }, (f) => {
    const [base, seen] = [f.local("i32"), f.param(1)];
    f.set(base, f.i32.mul(f.get(f.param(0)), f.i32.const(workerLayout.bytes)));
    emitAwaitChange(f, { base, ...command }, seen, mayBlock, (f, entering) => {
      f.atomic.store(asleep, f.get(base), f.i32.const(entering ? 1 : 0));
    });
    f.atomic.load(command, f.get(base));
  });

  module.function("finish", { params: [], results: [], export: "finish" }, (f) => {
    const zero = f.local("i32");
    f.drop(f.atomic.sub({ offset: pending }, f.get(zero), f.i32.const(1)));
    f.if(f.atomic.load({ offset: callerAsleep }, f.get(zero)), () => {
      emitNotify(f, { base: zero, offset: pending });
    });
  });

  module.function("abort", { params: [], results: ["i32"], export: "abort" }, (f) => {
    const base = f.local("i32");
    f.i32.eqz(f.atomic.xchg({ offset: abort }, f.i32.const(0), f.i32.const(1)));
    for (let slot = 0; slot < controlBlock.barrierSlots; slot++) {
      f.set(base, f.i32.const(barrierAddress(slot)));
      f.drop(f.atomic.add({ offset: barrierLayout.generation }, f.get(base), f.i32.const(1)));
      emitNotify(f, { base, offset: barrierLayout.generation });
    }
  });

  module.function("reset", { params: [], results: ["i32"], export: "reset" }, (f) => {
    f.atomic.xchg({ offset: abort }, f.i32.const(0), f.i32.const(0));
    for (let slot = 0; slot < controlBlock.barrierSlots; slot++)
      f.atomic.store({ offset: barrierLayout.arrived }, f.i32.const(barrierAddress(slot)), f.i32.const(0));
  });

  return new WebAssembly.Module(module.finish());
}

/** An instance of the control module for the calling thread. */
export function instantiateThreadControl(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): ThreadControl {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ThreadControl;
}
