let buffer: Uint8Array = new Uint8Array(0);

/** Bytes to work on, with any content; the next call gives the same ones away again. */
export function scratchBytes(length: number): Uint8Array {
  if (buffer.length < length) buffer = new Uint8Array(length);
  return buffer.subarray(0, length);
}

/** The bytes as they are now, in scratch memory. */
export function scratchCopy(bytes: Uint8Array): Uint8Array {
  const copy = scratchBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
