import type { Module } from "../nn/module.ts";

/** Runs `body` with a network in evaluation mode, and gives all its layers their modes back afterwards. */
export async function inEvaluation<T>(model: Module, body: () => Promise<T>): Promise<T> {
  const restore = evaluating(model);
  try {
    return await body();
  } finally {
    restore();
  }
}

/** {@link inEvaluation} for what computes nothing, such as tracing. */
export function tracedInEvaluation<T>(model: Module, body: () => T): T {
  const restore = evaluating(model);
  try {
    return body();
  } finally {
    restore();
  }
}

/** Puts a network in evaluation mode; the result puts it back. */
function evaluating(model: Module): () => void {
  const modes = [...model.namedModules().values()].map((module) => [module, module.training] as const);
  if (modes.every(([, training]) => !training)) return () => {};
  model.eval();
  return () => {
    // Outer modules come first, so that inner ones have the last word.
    for (const [module, training] of modes) module.train(training);
  };
}
