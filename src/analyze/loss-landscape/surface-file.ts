import { FileError } from "../../core/errors.ts";
import { crc32 } from "../../io/crc32.ts";
import type { Module } from "../../nn/module.ts";
import { variablesOf } from "./direction.ts";
import type { LandscapeGrid, LandscapePoints } from "./loss-landscape.ts";

/** All that decides a surface, as plain data: two surfaces with the same are the same. */
export type SurfaceIdentity = Readonly<Record<string, string | number | boolean>>;

/** A surface on its way, as a file holds it. */
export interface SurfaceFile extends LandscapeGrid, LandscapePoints {
  readonly identity: SurfaceIdentity;
}

const format = "fovea loss landscape 1";

/** A checksum of all parameters and buffers, for an identity. */
export async function checksum(model: Module): Promise<string> {
  const parts = await Promise.all([...variablesOf(model).values()].map((variable) => variable.data()));
  const bytes = parts.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return crc32(...bytes)
    .toString(16)
    .padStart(8, "0");
}

/** JSON, with numbers that it cannot hold as texts. */
export function serializeSurface({ identity, alphas, betas, loss, accuracy }: SurfaceFile): Uint8Array {
  const numbers = (values: readonly number[]): (number | string)[] =>
    values.map((value) => (Number.isFinite(value) ? value : String(value)));
  const content = {
    format,
    identity,
    alphas,
    betas,
    loss: numbers(loss),
    accuracy: numbers(accuracy),
  };
  return new TextEncoder().encode(`${JSON.stringify(content)}\n`);
}

/** @throws FileError that names the field which is not what it must be. */
export function parseSurface(bytes: Uint8Array, file: string): SurfaceFile {
  const content = parseJson(bytes, file);
  if (content["format"] !== format) throw new FileError(file, "is no loss landscape of fovea");
  const { identity } = content;
  if (!isRecord(identity)) throw new FileError(file, "identity is no record");
  const numbers = (name: string): number[] => {
    const value = content[name];
    if (!Array.isArray(value) || !value.every(isNumber))
      throw new FileError(file, `${name} is no list of numbers`);
    return value.map(Number);
  };
  const [alphas, betas] = [numbers("alphas"), numbers("betas")];
  const [loss, accuracy] = [numbers("loss"), numbers("accuracy")];
  const most = alphas.length * betas.length;
  if (loss.length !== accuracy.length || loss.length > most) {
    throw new FileError(
      file,
      `has ${loss.length} losses and ${accuracy.length} accuracies for a grid of ${most} points`,
    );
  }
  return { identity: identity as SurfaceIdentity, alphas, betas, loss, accuracy };
}

/** @throws FileError that names what the two surfaces differ in, if they are not of the same network, data and grid. */
export function requireSameSurface(
  found: SurfaceFile,
  identity: SurfaceIdentity,
  { alphas, betas }: LandscapeGrid,
  file: string,
): void {
  const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
  for (const name of new Set([...Object.keys(identity), ...Object.keys(found.identity)])) {
    const [theirs, ours] = [found.identity[name], identity[name]];
    if (theirs === ours) continue;
    throw new FileError(
      file,
      `is of another surface: ${name} is ${shown(theirs)} there, but ${shown(ours)} here`,
    );
  }
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((value, i) => value === b[i]);
  if (same(found.alphas, alphas) && same(found.betas, betas)) return;
  throw new FileError(file, "is of another surface: its grid is another");
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FileError(file, "is no JSON", undefined, { cause });
  }
  if (isRecord(content)) return content;
  throw new FileError(file, "is no loss landscape of fovea");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || value === "NaN" || value === "Infinity" || value === "-Infinity";
}
