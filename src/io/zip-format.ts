/** Numbers of the zip format (PKWARE APPNOTE, sections 4.3 and 4.4). */

export const localSignature: number = 0x0403_4b50;
export const centralSignature: number = 0x0201_4b50;
export const endSignature: number = 0x0605_4b50;
export const endLength: number = 22;
export const localLength: number = 30;
export const centralLength: number = 46;
export const stored: number = 0;
export const deflated: number = 8;
export const encryptedFlag: number = 1;
export const utf8Flag: number = 0x0800;
export const zip64EndSignature: number = 0x0606_4b50;
export const zip64EndLength: number = 56;
export const zip64LocatorSignature: number = 0x0706_4b50;
export const zip64LocatorLength: number = 20;
/** The id of the extra field that holds 64-bit sizes. */
export const zip64Extra: number = 1;
/** These values send the reader to the fields of zip64. */
export const zip64Count: number = 0xffff;
export const zip64Size: number = 0xffff_ffff;
