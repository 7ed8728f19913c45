import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder } from "../assembler.ts";
import { emitShare, onlyThread } from "./loop-kernel.ts";
import type { BaseAddress } from "./places.ts";

const rounds = 10;
const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
const keySteps = [0x9e3779b9, 0xbb67ae85] as const;

/** Emits (block, key 0, key 1, counter 2, counter 3) → the four words of Philox4x32-10 (Salmon et al. 2011). */
export function emitPhilox(module: ModuleBuilder): FunctionRef {
  return module.function(
    "philox4x32",
    { params: ["i32", "i32", "i32", "i32", "i32"], results: ["v128"] },
    (f) => {
      const key = [f.param(1), f.param(2)] as const;
      const words = [f.param(0), f.local("i32"), f.param(3), f.param(4)] as [Local, Local, Local, Local];
      const products = [f.local("i64"), f.local("i64")] as const;
      const [low, high] = [f.local("i32"), f.local("i32")];
      for (let round = 0; round < rounds; round++) {
        for (const [i, word] of [
          [0, words[0]],
          [1, words[2]],
        ] as const) {
          f.i64.mul(f.i64.extendI32U(f.get(word)), f.i64.const(multipliers[i]));
          f.set(products[i]);
        }
        const highOf = (i: 0 | 1): undefined =>
          f.i32.wrapI64(f.i64.shrU(f.get(products[i]), f.i64.const(32)));
        f.set(low, f.i32.xor(f.i32.xor(highOf(1), f.get(words[1])), f.get(key[0])));
        f.set(high, f.i32.xor(f.i32.xor(highOf(0), f.get(words[3])), f.get(key[1])));
        f.set(words[1], f.i32.wrapI64(f.get(products[1])));
        f.set(words[3], f.i32.wrapI64(f.get(products[0])));
        f.set(words[0], f.get(low));
        f.set(words[2], f.get(high));
        if (round === rounds - 1) break;
        key.forEach((word, i) => {
          f.set(word, f.i32.add(f.get(word), f.i32.const(keySteps[i]!)));
        });
      }
      f.i32x4.splat(f.get(words[0]));
      for (let lane = 1; lane < 4; lane++) f.i32x4.replaceLane(lane, undefined, f.get(words[lane]!));
    },
  );
}

/** Emits "output word i = word i mod 4 of Philox block i / 4"; `state` holds key and upper counter words. */
export function emitRandomKernel(
  f: FunctionBuilder,
  philox: FunctionRef,
  output: BaseAddress,
  state: BaseAddress,
  length: number,
  turn: number,
): void {
  const blocks = Math.ceil(length / 4);
  const [low, high, address] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const words = [0, 1, 2, 3].map((i) => {
    const local = f.local("i32");
    f.set(local, f.i32.load({ offset: state.offset + 4 * i }, f.get(state.local)));
    return local;
  });
  const run = (): void => {
    f.set(address, f.i32.add(f.get(output.local), f.i32.mul(f.get(low), f.i32.const(16))));
    f.if(f.i32.ltS(f.get(low), f.get(high)), () =>
      f.loop((again) => {
        f.get(address);
        f.get(low);
        for (const word of words) f.get(word);
        f.call(philox);
        f.v128.store({ offset: output.offset });
        f.set(address, f.i32.add(f.get(address), f.i32.const(16)));
        f.set(low, f.i32.add(f.get(low), f.i32.const(1)));
        f.brIf(again, f.i32.ltS(f.get(low), f.get(high)));
      }),
    );
  };
  if (blocks < 1024) {
    onlyThread(f, turn, () => {
      f.set(low, f.i32.const(0));
      f.set(high, f.i32.const(blocks));
      run();
    });
  } else {
    emitShare(f, blocks, 4, low, high);
    run();
  }
}
