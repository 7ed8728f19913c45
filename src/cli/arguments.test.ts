import { describe, expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";
import { choice, flag, flagName, integer, listed, positive, real, text } from "./option.ts";

const options = {
  batchSize: integer("images", { initial: 64, least: 1, most: 100 }),
  momentum: real("momentum", { initial: 0.9, least: 0, below: 1 }),
  clipNorm: positive("norm"),
  optimizer: choice("NAME", ["sgd", "adam"], "sgd", "which"),
  run: text("DIR", "folder"),
  json: flag("JSON"),
};
const none = { name: "", least: 0, most: 0 };
const parse = (...args: string[]) => parseArguments(args, options, none);

describe("arguments", () => {
  test("have the options' own values unless given", () => {
    const { values, given } = parse();
    expect(values).toEqual({
      batchSize: 64,
      momentum: 0.9,
      clipNorm: undefined,
      optimizer: "sgd",
      run: undefined,
      json: false,
    });
    expect(given.size).toBe(0);
  });

  test("are read with a space or an equals sign; the last one counts", () => {
    const { values, given } = parse(
      "--batch-size",
      "8",
      "--json",
      "--run=a=b",
      "--batch-size=9",
      "--momentum",
      "0",
    );
    expect(values).toMatchObject({ batchSize: 9, momentum: 0, run: "a=b", json: true });
    expect([...given].sort()).toEqual(["batchSize", "json", "momentum", "run"]);
  });

  test.each([
    [["--batchsize", "3"], "there is no option --batchsize; did you mean --batch-size?"],
    [["--frobnicate"], "there is no option --frobnicate"],
    [["-x"], "there is no option -x"],
    [["--batch-size", "0"], '--batch-size must be an integer from 1 to 100, but is "0"'],
    [["--batch-size", "2.5"], '--batch-size must be an integer from 1 to 100, but is "2.5"'],
    [["--batch-size", ""], '--batch-size must be an integer from 1 to 100, but is ""'],
    [["--momentum", "1"], '--momentum must be a number in [0, 1), but is "1"'],
    [["--momentum", "-1"], '--momentum must be a number in [0, 1), but is "-1"'],
    [["--clip-norm", "NaN"], '--clip-norm must be a positive number, but is "NaN"'],
    [["--clip-norm", "Infinity"], '--clip-norm must be a positive number, but is "Infinity"'],
    [["--optimizer", "adm"], '--optimizer must be sgd or adam, but is "adm"; did you mean adam?'],
    [["--run"], "--run needs a value: --run DIR"],
    [["--run", "--json"], "--run needs a value: --run DIR"],
    [["--run="], "--run must not be empty"],
    [["--json=yes"], '--json takes no value, but got "yes"'],
    [["train"], '"train" is one argument too many; options begin with --'],
  ])("%j are refused", (args, message) => {
    expect(() => parse(...args)).toThrow(new RegExp(`^${message.replace(/[()[\]?.*+]/g, "\\$&")}$`));
  });

  test("must have as many operands as the command takes", () => {
    const run = { name: "RUN", least: 1, most: 1 };
    expect(parseArguments(["a", "--json"], options, run).operands).toEqual(["a"]);
    expect(parseArguments(["--", "--json"], options, run).operands).toEqual(["--json"]);
    expect(() => parseArguments([], options, run)).toThrow("RUN is missing");
    expect(() => parseArguments(["a", "b"], options, run)).toThrow('"b" is one argument too many');
  });
});

test("names of flags come from those of properties", () => {
  expect(flagName("checkpointEvery")).toBe("--checkpoint-every");
  expect(listed(["a"])).toBe("a");
  expect(listed(["a", "b", "c"])).toBe("a, b or c");
});
