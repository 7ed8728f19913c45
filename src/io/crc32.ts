const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb8_8320 : 0);
  return remainder;
});

/** The CRC-32 of ISO 3309 that PNG and zip use: reflected polynomial 0xedb88320, all ones before and after. */
export function crc32(...parts: readonly Uint8Array[]): number {
  let remainder = 0xffff_ffff;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      remainder = (remainder >>> 8) ^ table[(remainder ^ part[i]!) & 0xff]!;
    }
  }
  return ~remainder >>> 0;
}
