import type { Module } from "./module.ts";

/**
 * Runs `body` with the model and all its parts in one mode, and gives each part its own mode back: at once, or when the
 * promise that `body` returns is settled.
 */
export function withMode<R>(model: Module, training: boolean, body: () => R): R {
  const before = [...model.namedModules().values()].map((module) => [module, module.training] as const);
  // Outer modules come first, so that what they set inside is corrected by the inner ones.
  const restore = (): void => {
    for (const [module, mode] of before) module.train(mode);
  };
  model.train(training);
  let pending = false;
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    pending = true;
    return result.finally(restore) as R;
  } finally {
    if (!pending) restore();
  }
}
