/**
 * A message of Protocol Buffers, written field by field.
 *
 * Long payloads stay where they are until the file is written: https://protobuf.dev/programming-guides/encoding/
 */
export class Message {
  readonly #pieces: Uint8Array[] = [];

  /** The message's bytes, in pieces. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  /** @param value a natural number. */
  int(field: number, value: number): this {
    return this.#append([...varint(8 * field), ...varint(value)]);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append([...varint(8 * field + 5), ...bytes]);
  }

  string(field: number, text: string): this {
    return this.bytes(field, [new TextEncoder().encode(text)]);
  }

  /** @param payload in pieces. */
  bytes(field: number, payload: readonly Uint8Array[]): this {
    const length = payload.reduce((total, piece) => total + piece.byteLength, 0);
    this.#append([...varint(8 * field + 2), ...varint(length)]);
    for (const piece of payload) this.#pieces.push(piece);
    return this;
  }

  message(field: number, message: Message): this {
    return this.bytes(field, message.pieces);
  }

  #append(bytes: readonly number[]): this {
    this.#pieces.push(Uint8Array.from(bytes));
    return this;
  }
}

/** Seven bits a byte, the lowest first; all bytes but the last have the highest bit set. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`varint: ${value} is no natural number`);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
