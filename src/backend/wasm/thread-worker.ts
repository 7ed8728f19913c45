import { controlBlock } from "./control-block.ts";

const { program, table, threads } = controlBlock;

/** Length of the shared text in which the first thread that fails leaves its error, in UTF-16 code units. */
export const errorTextLength = 8192;

const endOfText = 0xffff; // no character

/** Messages from the pool to a worker; each is answered by a `Receipt`. */
export type Letter =
  | {
      readonly kind: "start";
      readonly id: number;
      readonly thread: number;
      readonly memory: WebAssembly.Memory;
      readonly control: WebAssembly.Module;
      readonly errorText: SharedArrayBuffer;
    }
  | {
      readonly kind: "load";
      readonly id: number;
      readonly program: number;
      readonly module: WebAssembly.Module;
    }
  | { readonly kind: "unload"; readonly id: number; readonly program: number };

/** Says that a letter has been dealt with. */
export interface Receipt {
  readonly id: number;
  readonly error?: Error;
}

/**
 * The script of a worker: one text, so that a bundler has nothing to resolve.
 *
 * A worker that sleeps on its command word receives no messages. So the pool counts every letter in that
 * word; a worker that sees the count change leaves its loop for the event loop, and comes back with each
 * letter. The error of a trap is left as text (name, message and stack with zeros between), because the
 * caller is not in its event loop during a run either. See `ThreadControl` for the functions of `control`.
 */
export const workerSource: string = `
const programs = new Map();
let thread, memory, control, words, errorText;
let seen = 0;

receive((letter) => {
  const receipt = { id: letter.id };
  try {
    if (letter.kind === "start") start(letter);
    else if (letter.kind === "load") load(letter);
    else programs.delete(letter.program);
  } catch (error) {
    receipt.error = error;
  }
  seen = (seen + 2) | 0;
  send(receipt);
  if (control !== undefined) serve();
});

function start(letter) {
  ({ thread, memory } = letter);
  words = new Int32Array(memory.buffer);
  errorText = new Uint16Array(letter.errorText);
  control = new WebAssembly.Instance(letter.control, { env: { memory } }).exports;
}

function load({ program, module }) {
  programs.set(program, new WebAssembly.Instance(module, { env: { memory } }).exports.run);
}

function serve() {
  for (;;) {
    const command = control.nextCommand(thread, seen);
    if (((command ^ seen) & 1) === 0) return;
    seen ^= 1;
    try {
      const [program, table, threads] = [words[${program / 4}], words[${table / 4}], words[${threads / 4}]];
      programs.get(program)(thread, threads, table);
    } catch (error) {
      if (control.abort()) report(error);
    }
    control.finish();
  }
}

function report({ name, message, stack }) {
  const text = [name, message, stack].join("\\0").slice(0, errorText.length - 1);
  for (let index = 0; index < text.length; index++) errorText[index] = text.charCodeAt(index);
  errorText[text.length] = ${endOfText};
}
`;

/** The error that a worker left, with the worker's stack. */
export function reportedError(errorText: SharedArrayBuffer): Error {
  const units = new Uint16Array(errorText);
  const text = String.fromCharCode(...units.subarray(0, units.indexOf(endOfText)));
  const [name, message, ...stack] = text.split("\0");
  const error = name === "RuntimeError" ? new WebAssembly.RuntimeError(message) : new Error(message);
  error.name = name!;
  error.stack = stack.join("\0");
  return error;
}
