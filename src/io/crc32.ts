/** CRC-32 with a reflected polynomial, all ones before and after. */
function crcWith(polynomial: number): (...parts: readonly Uint8Array[]) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0);
    return remainder;
  });
  return (...parts) => {
    let remainder = 0xffff_ffff;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) {
        remainder = (remainder >>> 8) ^ table[(remainder ^ part[i]!) & 0xff]!;
      }
    }
    return ~remainder >>> 0;
  };
}

/** The CRC-32 of ISO 3309 that PNG and zip use. */
export const crc32: (...parts: readonly Uint8Array[]) => number = crcWith(0xedb8_8320);

/** Castagnoli's CRC-32C, which iSCSI (RFC 3720, section 12.1) and TFRecord files use. */
export const crc32c: (...parts: readonly Uint8Array[]) => number = crcWith(0x82f6_3b78);
