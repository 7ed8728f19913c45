import { describe, expect, it } from "vitest";
import { tensor } from "../core/tensor.ts";
import { parseSafetensors, serializeSafetensors } from "../io/safetensors.ts";
import * as nn from "./index.ts";

const input = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

const makeNetwork = () =>
  new nn.Sequential(
    [1, 8, 8],
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.Residual(new nn.Sequential(new nn.Conv2d(4, 4, 3, { padding: 1 }), new nn.BatchNorm2d(4))),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(256, 10),
  );

describe("Sequential", () => {
  it("runs its parts in order, named by their positions", () => {
    const model = makeNetwork();
    expect(model.forward(input(2, 1, 8, 8)).shape).toEqual([2, 10]);
    expect([...model.namedParameters().keys()]).toEqual([
      "0.weight",
      "0.bias",
      "1.body.0.weight",
      "1.body.0.bias",
      "1.body.1.weight",
      "1.body.1.bias",
      "4.weight",
      "4.bias",
    ]);
    expect(model.inputShape).toEqual([1, 8, 8]);
    expect(model.layers).toHaveLength(5);
    expect(model).toBeInstanceOf(nn.Sequential);
  });

  it("prints its parts", () => {
    expect(String(makeNetwork())).toBe(
      [
        "Sequential(",
        "  [1, 8, 8]",
        "  (0): Conv2d(1, 4, 3, { padding: 1 })",
        "  (1): Residual(",
        "    (body): Sequential(",
        "      (0): Conv2d(4, 4, 3, { padding: 1 })",
        "      (1): BatchNorm2d(4)",
        "    )",
        "  )",
        "  (2): ReLU()",
        "  (3): Flatten()",
        "  (4): Linear(256, 10)",
        ")",
      ].join("\n"),
    );
  });

  it("checks the declared input shape", () => {
    expect(() => makeNetwork().forward(input(2, 1, 8, 9))).toThrow(
      [
        "sequential: input does not have the shape that the sequence was made for",
        "  x:        [2, 1, 8, 9]",
        "  expected: [N, 1, 8, 8]",
      ].join("\n"),
    );
  });

  it("says in which part a mistake happened", () => {
    const model = new nn.Sequential(
      new nn.ReLU(),
      new nn.Residual(new nn.Sequential(new nn.Conv2d(1, 8, 5), new nn.ReLU()), new nn.Conv2d(1, 8, 5)),
    );
    expect(() => model.forward(input(1, 3, 28, 28))).toThrow(
      [
        "1.body.0: conv2d: input has 3 channels, but the weight expects 1",
        "  x:      [1, 3, 28, 28]",
        "  weight: [8, 1, 5, 5]",
      ].join("\n"),
    );
    const mismatch = new nn.Sequential(new nn.Residual<nn.Module>(new nn.Conv2d(1, 8, 5)));
    expect(() => mismatch.forward(input(1, 1, 28, 28))).toThrow(
      /^0: residual: body and shortcut have different shapes\n {2}body: {5}\[1, 8, 24, 24\]/,
    );
  });

  it("refuses what is no module", () => {
    const parts: never[] = [new nn.ReLU(), [1, 2]] as never[];
    expect(() => new nn.Sequential(...parts)).toThrow("Sequential: part 1 is no module");
  });

  it("comes back from the bytes of a safetensors file", async () => {
    nn.manualSeed(5);
    const source = makeNetwork();
    const bytes = serializeSafetensors(await source.stateDict());
    const target = makeNetwork();
    target.loadStateDict(parseSafetensors(bytes, "model.safetensors").tensors);
    expect(await target.stateDict()).toEqual(await source.stateDict());
  });
});
