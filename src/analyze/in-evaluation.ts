import type { Module } from "../nn/module.ts";

/** Runs `body` with a network in evaluation mode, and gives all its layers their modes back afterwards. */
export async function inEvaluation<T>(model: Module, body: () => Promise<T>): Promise<T> {
  const modes = [...model.namedModules().values()].map((module) => [module, module.training] as const);
  if (modes.every(([, training]) => !training)) return body();
  model.eval();
  try {
    return await body();
  } finally {
    // Outer modules come first, so that inner ones have the last word.
    for (const [module, training] of modes) module.train(training);
  }
}
