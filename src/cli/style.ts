/** What makes text stand out; each returns the text alone where colours are off. */
export interface Style {
  readonly colors: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** SGR codes of ECMA-48: how an attribute begins and ends. */
const codes = { bold: [1, 22], dim: [2, 22], good: [32, 39], bad: [31, 39] } as const;

export function createStyle(colors: boolean): Style {
  const paint =
    ([begin, end]: readonly [number, number]) =>
    (text: string): string =>
      colors && text !== "" ? `\x1b[${begin}m${text}\x1b[${end}m` : text;
  return {
    colors,
    bold: paint(codes.bold),
    dim: paint(codes.dim),
    good: paint(codes.good),
    bad: paint(codes.bad),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const escapeSequence = /\x1b\[[0-9;]*m/g;

/** How many columns a text takes; its characters are taken to be one column wide. */
export function visibleWidth(text: string): number {
  return [...text.replace(escapeSequence, "")].length;
}

/** Text from outside, such as a file's name, without characters that would steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}
