import { describe, expect, test } from "vitest";
import type { Image } from "../io/image.ts";
import { ConfusionMatrix } from "../train/confusion-matrix.ts";
import { drawConfusion } from "./draw-confusion.ts";
import { arrange, drawImage } from "./draw-image.ts";
import { drawBar, drawProgress } from "./draw-progress.ts";
import { drawTable } from "./draw-table.ts";
import {
  formatCount,
  formatDuration,
  formatMany,
  formatNumber,
  formatPercent,
  formatScaled,
  shorten,
} from "./format.ts";
import { definitionList, wrap } from "./help.ts";
import { createStyle, printable, visibleWidth } from "./style.ts";

const plain = createStyle(false);
const colored = createStyle(true);

test("a style changes nothing where colours are off", () => {
  expect(plain.bold("a") + plain.good("b")).toBe("ab");
  expect(colored.bad("no")).toBe("\x1b[31mno\x1b[39m");
  expect(visibleWidth(colored.bold("four"))).toBe(4);
});

test("text from outside cannot steer the terminal", () => {
  expect(printable("a\x1b[31m\r\u009bb\nc")).toBe("a\ufffd[31m\ufffd\ufffdb\nc");
});

test("numbers are written as people read them", () => {
  expect(formatCount(61706)).toBe("61,706");
  expect(formatPercent(0.98765)).toBe("98.77%");
  expect([0, 999, 999.6, 117_600, 1_234_567, 5e15].map((value) => formatScaled(value, "B"))).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "118 kB",
    "1.23 MB",
    "5000 TB",
  ]);
  expect([1, 2].map((count) => formatMany(count, "epoch"))).toEqual(["1 epoch", "2 epochs"]);
  expect(formatNumber(0.0312345)).toBe("0.03123");
  expect([0.04, 59.94, 59.96, 125, 3789].map(formatDuration)).toEqual([
    "0.0 s",
    "59.9 s",
    "1 min 0 s",
    "2 min 5 s",
    "1 h 3 min",
  ]);
  expect(shorten("Ankle boot", 6)).toBe("Ankle…");
});

test("a table's columns are as wide as their widest cell", () => {
  const rows = [["a", "1"], [colored.bold("long"), "100"], ["b"]];
  expect(drawTable(rows, ["left", "right"]).map((line) => visibleWidth(line))).toEqual([9, 9, 1]);
  expect(
    drawTable(
      [
        ["a", "1"],
        ["long", "100"],
      ],
      ["left", "right"],
    ),
  ).toEqual(["a       1", "long  100"]);
});

test("text is broken between words", () => {
  expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
  expect(wrap("toolongforit b", 5)).toEqual(["toolongforit", "b"]);
  expect(
    definitionList(
      [
        ["--a", "one two"],
        ["--long", "x"],
      ],
      16,
    ),
  ).toEqual(["  --a     one", "          two", "  --long  x"]);
});

describe("a confusion matrix", () => {
  const confusion = new ConfusionMatrix(3);
  confusion.add([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0]);

  test("has a row for each label, and its recall", () => {
    expect(drawConfusion(confusion, ["cat", "dog", "bird"], 80, plain)).toEqual([
      "label  cat  dog bird  recall",
      "cat      2    1    ·   66.7%",
      "dog      ·    2    ·  100.0%",
      "bird     1    ·    ·    0.0%",
    ]);
  });

  test("fits 80 columns with ten classes of long names and large counts", () => {
    const large = new ConfusionMatrix(10);
    large.counts.fill(9999);
    const names = Array.from({ length: 10 }, (_, i) => `${i} is a long name`);
    const lines = drawConfusion(large, names, 80, colored);
    expect(lines).toHaveLength(11);
    expect(new Set(lines.map(visibleWidth)).size).toBe(1);
    expect(visibleWidth(lines[0]!)).toBeLessThanOrEqual(80);
  });

  test("becomes a list of the most frequent mistakes where it is too wide", () => {
    const many = new ConfusionMatrix(100);
    many.add([5, 5, 5, 7, 1], [6, 6, 5, 8, 1]);
    const names = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    expect(drawConfusion(many, names, 80, plain)).toEqual([
      "the most frequent mistakes",
      "2 × class 5 taken for class 6",
      "1 × class 7 taken for class 8",
    ]);
  });
});

describe("an image", () => {
  const image: Image = {
    width: 3,
    height: 3,
    channels: 1,
    data: Uint8Array.of(0, 255, 0, 0, 255, 255, 255, 0, 0),
  };

  test("is drawn in ASCII by two pixels a character", () => {
    expect(drawImage(image, 80, plain)).toEqual([" @+", "+  "]);
  });

  test("is drawn in half blocks with colours", () => {
    const [first] = drawImage(image, 80, colored);
    expect(first).toBe("\x1b[38;5;232;48;5;232m▀\x1b[38;5;255;48;5;255m▀\x1b[38;5;232;48;5;255m▀\x1b[0m");
    expect(visibleWidth(first!)).toBe(3);
  });

  test("is made smaller where it is too wide", () => {
    const wide: Image = { width: 40, height: 20, channels: 1, data: new Uint8Array(800).fill(255) };
    expect(drawImage(wide, 8, plain)).toEqual(["@@@@@@@@", "@@@@@@@@"]);
  });

  test("stands beside others, as many as fit", () => {
    const pictures = [["aa", "a"], ["bb"], ["cc", "c"]];
    expect(arrange(pictures, 2, 8)).toEqual(["aa   bb", "a", "", "cc", "c"]);
    expect(arrange([], 2, 8)).toEqual([]);
  });
});

describe("progress", () => {
  const state = { epoch: 2, epochs: 10, done: 0.5, imagesPerSecond: 12345, loss: 0.25, secondsLeft: 61 };

  test("is one line with bar, pace, loss and time left", () => {
    expect(drawProgress(state, 80, plain)).toBe(
      "epoch  2/10 ████████░░░░░░░  50%  12,345 images/s  loss 0.25     1 min 1 s left",
    );
  });

  test("leaves the last column empty, and the bar out where it is too narrow", () => {
    for (let columns = 40; columns < 200; columns++) {
      expect(visibleWidth(drawProgress(state, columns, plain))).toBeLessThan(columns);
    }
    expect(drawProgress(state, 60, plain)).not.toContain("█");
  });

  test("has a bar that is never longer than its width", () => {
    expect(drawBar(0, 4, plain)).toBe("░░░░");
    expect(drawBar(2, 4, plain)).toBe("████");
    expect(drawBar(-1, 4, plain)).toBe("░░░░");
  });
});
