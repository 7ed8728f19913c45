import type { Module } from "./module.ts";

/** Runs `body` with the model and all its parts in one mode, and gives each part its own mode back. */
export async function withMode<R>(model: Module, training: boolean, body: () => Promise<R>): Promise<R> {
  const before = [...model.namedModules().values()].map((module) => [module, module.training] as const);
  model.train(training);
  try {
    return await body();
  } finally {
    // Outer modules come first, so that what they set inside is corrected by the inner ones.
    for (const [module, mode] of before) module.train(mode);
  }
}
