/** Letters of 3 × 5 dots: a digit for each row from the top, whose bits are the dots from the left. */
const glyphs: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "0:75557 1:26227 2:71747 3:71717 4:55711 5:74717 6:74757 7:71122 8:75757 9:75717 A:25755 B:65656 C:34443 D:65556 " +
    "E:74647 F:74644 G:34553 H:55755 I:72227 J:11152 K:55655 L:44447 M:57755 N:65555 O:25552 P:65644 Q:25563 R:65655 " +
    "S:34216 T:72222 U:55557 V:55552 W:55775 X:55255 Y:55222 Z:71247 +:02720 -:00700 .:00002 ×:05250 /:11244 #:57575 " +
    "%:51245 (:12221 ):42224 _:00007 ,:00024 =:07070 ':22000"
  )
    .split(" ")
    .map((entry) => [entry[0]!, entry.slice(2)]),
);

/** Size of a letter with the space around it, in dots. */
export const letter = { width: 4, height: 6 } as const;

/** The dots of a text in capitals, from its upper left corner; what has no letter is left blank. */
export function* dotsOf(text: string): Generator<readonly [x: number, y: number]> {
  for (const [i, character] of [...text.toUpperCase()].entries()) {
    const rows = glyphs[character] ?? "00000";
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 3; x++) if ((Number(rows[y]) >> (2 - x)) & 1) yield [i * letter.width + x, y];
    }
  }
}
