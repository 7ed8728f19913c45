import type { FunctionBuilder, FunctionRef, GlobalRef, Local, ModuleBuilder } from "./assembler.ts";
import { barrierLayout, controlBlock } from "./control-block.ts";

/** Name of the exported global that says whether an instance's thread may sleep: 1, unless it is set to 0. */
export const mayBlockGlobal = "mayBlock";

const everyone = -1;
const forever = -1n;

/** The global by which a browser's main thread, which must not sleep, is told to spin. */
export function emitMayBlock(module: ModuleBuilder): GlobalRef {
  return module.global("i32", 1, { mutable: true, export: mayBlockGlobal });
}

/** A word to wait on: the offset is added to the address in `base`. */
export interface Word {
  readonly base: Local;
  readonly offset: number;
}

/**
 * Emits a wait until a word no longer has the value in `old`: looks at it for a while, then sleeps if it may.
 *
 * `asleep` emits what is to be done right before (`true`) and after (`false`) sleeping. It tells the waker
 * that a notification is needed, which costs more than the rest of a barrier. No wake-up is lost: the waiter
 * says that it sleeps, then compares the word; the waker changes the word, then asks who sleeps.
 */
export function emitAwaitChange(
  f: FunctionBuilder,
  { base, offset }: Word,
  old: Local,
  mayBlock: GlobalRef,
  asleep: (f: FunctionBuilder, entering: boolean) => void,
): void {
  const spin = f.local("i32");
  f.set(spin, f.i32.load({ offset: controlBlock.spin }, f.i32.const(0)));
  f.block((changed) => {
    f.loop((again) => {
      f.brIf(changed, f.i32.ne(f.atomic.load({ offset }, f.get(base)), f.get(old)));
      f.set(spin, f.i32.sub(f.get(spin), f.i32.const(1)));
      f.brIf(again, f.i32.gtS(f.get(spin), f.i32.const(0)));
      f.brIf(again, f.i32.eqz(f.getGlobal(mayBlock)));
      asleep(f, true);
      f.drop(f.atomic.wait32({ offset }, f.get(base), f.get(old), f.i64.const(forever)));
      asleep(f, false);
      f.br(again);
    });
  });
  f.free(spin);
}

/** Wakes everyone who sleeps on a word. */
export function emitNotify(f: FunctionBuilder, { base, offset }: Word): void {
  f.drop(f.atomic.notify({ offset }, f.get(base), f.i32.const(everyone)));
}

/**
 * Emits `barrier(threads, slotAddress)`: nobody passes before all `threads` threads have arrived.
 *
 * A generation-counting barrier: the last to arrive resets the count and advances the generation, the others
 * wait for that. When a thread traps, the pool sets the abort word and advances every generation; whoever
 * waits or arrives later traps too. The generation is read before the abort word, so that an abort after
 * that reading is seen as a changed generation and cannot be slept through.
 */
export function emitBarrier(module: ModuleBuilder): FunctionRef {
  const mayBlock = emitMayBlock(module);
  return module.function("barrier", { params: ["i32", "i32"], results: [] }, (f) => {
    const [threads, slot] = [f.param(0), f.param(1)];
    const generation = { base: slot, offset: barrierLayout.generation };
    const arrived = { offset: barrierLayout.arrived };
    const asleep = { offset: barrierLayout.asleep };
    const entered = f.local("i32");
    const trapIfAborted = () => {
      f.if(f.atomic.load({ offset: controlBlock.abort }, f.i32.const(0)), () => f.unreachable());
    };

    f.set(entered, f.atomic.load(generation, f.get(slot)));
    trapIfAborted();

    f.i32.add(f.atomic.add(arrived, f.get(slot), f.i32.const(1)), f.i32.const(1));
    f.if(f.i32.eq(f.get(threads)), () => {
      f.atomic.store(arrived, f.get(slot), f.i32.const(0));
      f.drop(f.atomic.add(generation, f.get(slot), f.i32.const(1)));
      f.if(f.atomic.load(asleep, f.get(slot)), () => emitNotify(f, generation));
      f.return();
    });

    emitAwaitChange(f, generation, entered, mayBlock, (f, entering) => {
      f.drop(f.atomic.add(asleep, f.get(slot), f.i32.const(entering ? 1 : -1)));
    });
    trapIfAborted();
  });
}
