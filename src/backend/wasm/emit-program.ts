import { asContraction } from "../../compiler/contraction.ts";
import { type Buffer, constantOf } from "../../compiler/expr.ts";
import { type Kernel, type KernelGraph, nestsOf } from "../../compiler/kernel.ts";
import type { MemoryPlan } from "../../compiler/memory-plan.ts";
import type { Phase, Schedule } from "../../compiler/schedule.ts";
import type { KernelInfo } from "../../core/backend.ts";
import { allocate } from "../../core/dtype.ts";
import {
  type FunctionBuilder,
  type FunctionRef,
  type GlobalRef,
  type Local,
  ModuleBuilder,
} from "./assembler.ts";
import { emitContractionKernel } from "./codegen/contraction-kernel.ts";
import { FourierHelpers } from "./codegen/fourier-helpers.ts";
import { emitFourierKernel } from "./codegen/fourier-kernel.ts";
import { emitLoopKernel } from "./codegen/loop-kernel.ts";
import { MatrixHelpers } from "./codegen/matrix-helpers.ts";
import type { BaseAddress } from "./codegen/places.ts";
import { emitPhilox, emitRandomKernel } from "./codegen/random-kernel.ts";
import { emitScatterKernel } from "./codegen/scatter-kernel.ts";
import { emitStridedCopy } from "./codegen/strided-copy-kernel.ts";
import type { TileShape } from "./codegen/tiles.ts";
import type { KernelEnvironment } from "./codegen/values.ts";
import { emitWinogradFilterKernel } from "./codegen/winograd-filter-kernel.ts";
import { WinogradHelpers } from "./codegen/winograd-helpers.ts";
import { emitWinogradKernel } from "./codegen/winograd-kernel.ts";
import { emitWinogradTransformKernel } from "./codegen/winograd-transform-kernel.ts";
import { ConstantPool } from "./constant-pool.ts";
import { Memory } from "./memory.ts";
import { slotOffset, tableLayout } from "./table.ts";
import { barrierAddress, emitBarrier } from "./threads.ts";
import { VectorMath } from "./vector-math.ts";

export interface EmittedProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What lies at the constants' address: offset tables and constant tensors. */
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  /** Kernel by kernel, in the order of `badKernel` numbers: what code was made. */
  readonly codes: readonly KernelCode[];
}

export type KernelCode = Pick<KernelInfo, "kind" | "algorithm" | "tile">;

/** Where buffers are: in the arena, or in memory of the program alone. */
export interface ProgramPlan {
  readonly arena: MemoryPlan;
  readonly kept: MemoryPlan;
}

export interface EmitOptions {
  readonly shared: boolean;
  readonly fused: boolean;
  /** Whether every sum is added up in one order, wherever in the output it stands. */
  readonly inOrder: boolean;
  /** The shapes of tile that suit the engine. */
  readonly tiles: readonly TileShape[];
  /** The slot of the table that holds the address of a buffer outside the arena. */
  readonly slots: ReadonlyMap<number, number>;
  readonly constants: KernelGraph["constants"];
}

/** Writes one WebAssembly module that computes all phases of a schedule: `run(thread, threads, table)`. */
export function emitProgram(schedule: Schedule, plan: ProgramPlan, options: EmitOptions): EmittedProgram {
  return new ProgramEmitter(plan, options).emit(schedule);
}

const kernelSignature = { params: ["i32", "i32", "i32"], results: [] } as const;

/** Code of which its kind says all. */
function plain(kind: string): KernelCode {
  return { kind, algorithm: kind, tile: undefined };
}

class ProgramEmitter {
  readonly #module = new ModuleBuilder();
  readonly #plan: ProgramPlan;
  readonly #options: EmitOptions;
  readonly #math: VectorMath;
  readonly #matrix: MatrixHelpers;
  readonly #winograd: WinogradHelpers;
  readonly #fourier: FourierHelpers;
  readonly #table: GlobalRef;
  readonly #codes: KernelCode[] = [];
  readonly #constants: ConstantPool = new ConstantPool();
  readonly #constantTensors = new Map<number, number>();
  #scratchBytes = 0;
  #philox: FunctionRef | undefined;

  constructor(plan: ProgramPlan, options: EmitOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#module.importMemory({
      shared: options.shared,
      initialPages: 1,
      maximumPages: Memory.limits.maximumPages,
    });
    this.#table = this.#module.global("i32", 0, { mutable: true });
    this.#math = new VectorMath(this.#module, options.fused);
    this.#matrix = new MatrixHelpers(this.#module, options.fused, options.tiles);
    this.#winograd = new WinogradHelpers(this.#module, options.fused);
    this.#fourier = new FourierHelpers(this.#module, options.fused);
    for (const { buffer, values } of options.constants) {
      const data = allocate(buffer.dtype, values.length);
      data.set(values);
      this.#constantTensors.set(buffer.id, this.#constants.add(data));
    }
  }

  emit(schedule: Schedule): EmittedProgram {
    const barrier = this.#options.shared ? emitBarrier(this.#module) : undefined;
    const compiled = (phases: readonly Phase[]): FunctionRef[][] =>
      phases.map((phase) => phase.map((kernel, turn) => this.#kernel(kernel, turn)));
    const [prepare, phases] = [compiled(schedule.prepare), compiled(schedule.phases)];
    this.#module.function("run", { ...kernelSignature, export: "run" }, (f) => {
      const [thread, threads, table] = [f.param(0), f.param(1), f.param(2)];
      const [first, count, together] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const meet = (): void => {
        if (!barrier) return;
        f.if(f.get(together), () => f.call(barrier, f.get(threads), f.i32.const(barrierAddress(0))));
      };
      let number = 0;
      const call = (kernels: readonly FunctionRef[]): void => {
        for (const kernel of kernels) {
          f.if(f.i32.ltU(f.i32.sub(f.i32.const(number++), f.get(first)), f.get(count)), () =>
            f.call(kernel, f.get(thread), f.get(threads), f.get(table)),
          );
        }
      };
      f.setGlobal(this.#table, f.get(table));
      f.set(first, f.i32.load({ offset: tableLayout.firstKernel }, f.get(table)));
      f.set(count, f.i32.load({ offset: tableLayout.kernelCount }, f.get(table)));
      // A single kernel has nobody to wait for.
      f.set(
        together,
        f.i32.and(f.i32.gtU(f.get(threads), f.i32.const(1)), f.i32.gtU(f.get(count), f.i32.const(1))),
      );
      if (prepare.length > 0) {
        f.if(f.i32.load({ offset: tableLayout.prepare }, f.get(table)), () => {
          for (const kernels of prepare) {
            call(kernels);
            meet();
          }
        });
      }
      phases.forEach((kernels, number) => {
        if (number > 0) meet();
        if (number === schedule.commit) {
          // Every thread sees the same word, as whoever may have written it has passed the barrier.
          f.if(f.i32.load({ offset: tableLayout.badKernel }, f.get(table)), () => f.return());
        }
        call(kernels);
      });
    });
    return {
      bytes: this.#module.finish(),
      constants: this.#constants.bytes(),
      scratchBytes: this.#scratchBytes,
      codes: this.#codes,
    };
  }

  #kernel(kernel: Kernel, turn: number): FunctionRef {
    const number = this.#codes.push(plain("empty")) - 1;
    const checkIndex = this.#checkIndex(number);
    return this.#module.function(`${number}:${kernel.name}`, kernelSignature, (f) => {
      const environment = this.#environment(kernel, f, checkIndex);
      this.#codes[number] = this.#body(kernel, f, environment, turn);
      const expr = constantOf(0, kernel.output.dtype);
      for (const margin of kernel.margins)
        emitLoopKernel(f, environment, kernel.output, { ...margin, expr }, turn);
    });
  }

  #body(kernel: Kernel, f: FunctionBuilder, environment: KernelEnvironment, turn: number): KernelCode {
    const { body, output } = kernel;
    if (body.kind === "random") {
      this.#philox ??= emitPhilox(this.#module);
      const [to, from] = [environment.baseOf(output), environment.baseOf(body.state)];
      emitRandomKernel(f, this.#philox, to, from, body.length, turn);
      return plain("random");
    }
    if (body.kind === "scatter") {
      emitScatterKernel(f, environment, output, body, turn);
      return plain("scatter");
    }
    if (body.kind === "winogradFilters") {
      emitWinogradFilterKernel(f, environment, output, body);
      return plain("winograd filters");
    }
    if (body.kind === "winogradTransform") {
      emitWinogradTransformKernel(f, environment, output, body);
      return plain("winograd transform");
    }
    if (body.kind === "fourierTransform") {
      emitFourierKernel(f, environment, output, body);
      const algorithm = `fft ${body.transform.join("×")}`;
      return { kind: "fourier transform", algorithm, tile: undefined };
    }
    const codes = nestsOf(body).map((nest): KernelCode => {
      if (nest.kind === "winograd") {
        const { rows, columns } = emitWinogradKernel(f, environment, output, nest);
        return { kind: "winograd", algorithm: `winograd ${nest.tile}×${nest.tile}`, tile: [rows, columns] };
      }
      const contraction = nest.kind === "contraction" ? asContraction(nest) : undefined;
      if (contraction) {
        return { kind: "contraction", ...emitContractionKernel(f, environment, output, contraction, turn) };
      }
      if (nest.loops.some((loop) => loop.extent === 0)) return plain("map");
      if (kernel.stable && nest.kind === "map" && emitStridedCopy(f, environment, output, nest, turn))
        return plain("copy");
      emitLoopKernel(f, environment, output, nest, turn);
      return plain(nest.kind === "map" ? "map" : "reduce");
    });
    return codes.find(({ kind }) => kind !== "map") ?? plain("map");
  }

  /** Loads the addresses that a kernel needs into locals at its beginning. */
  #environment(kernel: Kernel, f: FunctionBuilder, checkIndex: FunctionRef): KernelEnvironment {
    const table = f.param(2);
    const words = new Map<number, Local>();
    const word = (offset: number): Local => {
      const known = words.get(offset) ?? f.local("i32");
      if (!words.has(offset)) f.set(known, f.i32.load({ offset }, f.get(table)));
      words.set(offset, known);
      return known;
    };
    const bases = new Map<number, BaseAddress>();
    for (const buffer of [kernel.output, ...kernel.reads]) {
      const slot = this.#options.slots.get(buffer.id);
      const constant = this.#constantTensors.get(buffer.id);
      if (constant !== undefined)
        bases.set(buffer.id, { local: word(tableLayout.constants), offset: constant });
      else if (slot !== undefined) bases.set(buffer.id, { local: word(slotOffset(slot)), offset: 0 });
      else {
        const { id } = buffer.within ?? buffer;
        const kept = this.#plan.kept.offsets.get(id);
        const offset = kept ?? this.#plan.arena.offsets.get(id)!;
        bases.set(buffer.id, {
          local: word(kept === undefined ? tableLayout.arena : tableLayout.kept),
          offset,
        });
      }
    }
    const contracts =
      kernel.body.kind === "fourierTransform" ||
      nestsOf(kernel.body).some(({ kind }) => kind === "contraction" || kind === "winograd");
    const constants = contracts ? word(tableLayout.constants) : undefined;
    const scratch = contracts ? f.local("i32") : undefined;
    if (scratch) {
      const stride = word(tableLayout.scratchStride);
      f.i32.add(f.get(word(tableLayout.scratch)), f.i32.mul(f.get(f.param(0)), f.get(stride)));
      f.set(scratch);
    }
    return {
      baseOf: (buffer: Buffer) => bases.get(buffer.id)!,
      inOrder: this.#options.inOrder,
      math: this.#math,
      matrix: this.#matrix,
      winograd: this.#winograd,
      fourier: this.#fourier,
      checkIndex,
      constants: (values) => ({ local: constants!, offset: this.#constants.add(values) }),
      scratch: (bytes) => {
        this.#scratchBytes = Math.max(this.#scratchBytes, Math.ceil(bytes / 64) * 64);
        return { local: scratch!, offset: 0 };
      },
    };
  }

  /** (value, extent) → value, or 0 after noting which kernel met a value outside. */
  #checkIndex(number: number): FunctionRef {
    return this.#module.function(`checkIndex${number}`, { params: ["i32", "i32"], results: ["i32"] }, (f) => {
      const [value, extent] = [f.param(0), f.param(1)];
      f.if(f.i32.ltU(f.get(value), f.get(extent)), () => f.return(f.get(value)));
      for (const [offset, content] of [
        [tableLayout.badIndex, value],
        [tableLayout.badExtent, extent],
      ] as const) {
        f.i32.store({ offset }, f.getGlobal(this.#table), f.get(content));
      }
      f.i32.store({ offset: tableLayout.badKernel }, f.getGlobal(this.#table), f.i32.const(number + 1));
      f.i32.const(0);
    });
  }
}
