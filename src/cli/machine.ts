import { createWasmBackend } from "../backend/wasm/wasm.ts";
import { setBackend } from "../compiler/runtime.ts";
import { flag, integer, type OptionsFor } from "./option.ts";

interface MachineValues {
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** Options of every command that computes. */
export const machineOptions: OptionsFor<MachineValues> = {
  threads: integer("threads to compute with (default: one for each processor)", {
    initial: undefined,
    least: 1,
    most: 64,
  }),
  json: flag("prints JSON for other programs"),
};

export function useThreads(threads: number | undefined): void {
  if (threads !== undefined) setBackend(createWasmBackend({ threads }));
}
