import { describe, expect, it } from "vitest";
import { breakBytes } from "../../../test/broken-files.ts";
import { floats, ints, modelBytes, node } from "../../../test/onnx-builder.ts";
import { Draw } from "../../core/draw.ts";
import { FileError, FoveaError } from "../../core/errors.ts";
import { Tensor, tensor } from "../../core/tensor.ts";
import { concatBytes } from "../../io/byte-reader.ts";
import { decodeMessage, encodeMessage } from "../format/codec.ts";
import { importOnnx, parseOnnx } from "../index.ts";

const cases = process.env["FOVEA_SLOW"] ? 10 : 1;
const slowest = 1000;

/** Sound files with most kinds of messages and many operators' settings. */
const sound: readonly Uint8Array[] = [
  modelBytes({
    inputs: { x: ["n", 2, 6, 6] },
    outputs: ["y"],
    initializers: [
      floats("w", [2, 2, 3, 3], new Float32Array(36).fill(0.1)),
      floats("b", [2], [1, -1]),
      { name: "listed", dims: [2], dataType: 1, floatData: [0.5, 2] },
      ints("shape", [3], [1, 2, -1]),
      floats("scales", [3], [1, 1, 1.5]),
      ints("pads", [8], [0, 0, 1, 1, 0, 0, 1, 1]),
    ],
    nodes: [
      node("Pad", ["x", "pads"], ["p"], { mode: "reflect" }),
      node("Conv", ["p", "w", "b"], ["c"], { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] }),
      node("BatchNormalization", ["c", "listed", "b", "b", "listed"], ["n"], { epsilon: 0.001 }),
      node("MaxPool", ["n"], ["m", "i"], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
      node("ConvTranspose", ["m", "w"], ["t"], { strides: [2, 2], output_padding: [1, 1] }),
      node("Reshape", ["t", "shape"], ["r"]),
      node("Resize", ["r", "", "scales"], ["s"], { mode: "cubic", antialias: 1 }),
      node("ReduceMean", ["s"], ["e"], { axes: [2], keepdims: 1 }),
      node("Softmax", ["e"], ["y"], { axis: -1 }),
    ],
  }),
  modelBytes({
    inputs: { x: [4, 3] },
    outputs: ["y"],
    initializers: [
      ints("index", [2, 1], [2, -1]),
      ints("one", [1], [1]),
      ints("repeats", [2], [2, 1]),
      ints("limit", [], [9]),
      ints("start", [], [0]),
      ints("step", [], [2]),
      { name: "few", dims: [3], dataType: 22, rawData: Uint8Array.of(0x21, 0x0f) },
    ],
    nodes: [
      node("Gather", ["x", "index"], ["g"], { axis: 1 }),
      node("Squeeze", ["g"], ["q"]),
      node("Tile", ["q", "repeats"], ["t"]),
      node("TopK", ["t", "one"], ["v", "i"], { axis: 0 }),
      node("Shape", ["v"], ["s"]),
      node("ConstantOfShape", ["s"], ["z"], { value: { type: 4, t: floats("", [1], [3]) } }),
      node("Range", ["start", "limit", "step"], ["u"]),
      node("Einsum", ["v", "z"], ["d"], { equation: "ij,ij->i" }),
      node("Split", ["x"], ["l", "k"], { axis: 0 }),
      node("Concat", ["l", "k"], ["f"], { axis: 1 }),
      node("CumSum", ["f", "start"], ["h"]),
      node("Transpose", ["h"], ["o"], { perm: [1, 0] }),
      node("Gemm", ["o", "h"], ["y"], { alpha: 0.5, transA: 0 }),
    ],
  }),
  modelBytes({
    inputs: { x: [2] },
    outputs: ["y"],
    initializers: [{ name: "c", dims: [], dataType: 9, int32Data: [1] }],
    nodes: [
      node("If", ["c"], ["a"], {
        then_branch: { type: 5, g: { nodes: [node("Neg", ["x"], ["t"])], outputs: [{ name: "t" }] } },
        else_branch: { type: 5, g: { nodes: [node("Abs", ["x"], ["e"])], outputs: [{ name: "e" }] } },
      }),
      { ...node("Twice", ["a"], ["y"], { by: 2.5 }), domain: "mine" },
    ],
    more: {
      opsetImports: [{ version: 17 }, { domain: "mine", version: 1 }],
      functions: [
        {
          name: "Twice",
          domain: "mine",
          inputs: ["v"],
          outputs: ["w"],
          attributes: ["by"],
          opsetImports: [{ version: 17 }],
          nodes: [
            {
              opType: "Elu",
              inputs: ["v"],
              outputs: ["w"],
              attributes: [{ name: "alpha", type: 1, refAttrName: "by" }],
            },
          ],
        },
      ],
    },
  }),
];

const extremes = [0, -1, 1, 2, 7, 255, 2 ** 31, 2 ** 53, -(2 ** 62)];

/** Changes one value somewhere in a message: a number, a name, or one item of a list. */
function breakMessage(bytes: Uint8Array, draw: Draw): Uint8Array {
  const message = decodeMessage("Model", bytes, "sound");
  let holder = message as unknown as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(holder).filter((key) => holder[key] !== undefined);
    if (keys.length === 0) break;
    const key = draw.pick(keys);
    const value = holder[key];
    if (typeof value === "number") holder[key] = draw.pick(extremes);
    else if (typeof value === "bigint") holder[key] = BigInt(draw.pick(extremes));
    else if (typeof value === "string") holder[key] = draw.pick(["", "x", "y", "a", "Add", "Resize", "t"]);
    else if (value instanceof Uint8Array) holder[key] = value.slice(draw.int(0, 2));
    else if (Array.isArray(value) && value.length > 0 && draw.bool(0.3)) {
      if (draw.bool()) value.splice(draw.int(0, value.length - 1), 1);
      else value.push(draw.pick(value));
    } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      holder = value as Record<string, unknown>;
      continue;
    }
    break;
  }
  return concatBytes(encodeMessage("Model", message));
}

/** Parses a file and builds its graph; whether it was accepted. Anything but an error of Fovea's own is a fault. */
function judge(bytes: Uint8Array, how: string): boolean {
  const start = performance.now();
  try {
    const model = importOnnx(bytes, { name: "fuzz" });
    const inputs = model.inputs.map(({ name, shape }) => {
      const extents = (shape ?? []).map((n) => (typeof n === "number" ? Math.min(n, 8) : 2));
      return [
        name,
        tensor(new Float32Array(extents.reduce((a, b) => a * b, 1)), { shape: extents }),
      ] as const;
    });
    for (const y of Object.values(model.run(Object.fromEntries(inputs)))) {
      if (!(y instanceof Tensor)) throw new Error("an output is no tensor");
    }
    return true;
  } catch (error) {
    if (error instanceof FoveaError) return false;
    throw new Error(
      `${how}: ${error instanceof Error ? error.stack : error}\n${Buffer.from(bytes).toString("base64")}`,
    );
  } finally {
    const took = performance.now() - start;
    if (took > slowest) expect.fail(`${how}: took ${took} ms\n${Buffer.from(bytes).toString("base64")}`);
  }
}

describe("broken ONNX files", () => {
  it("are refused when cut at any length", () => {
    for (const [i, bytes] of sound.entries()) {
      expect(judge(bytes, `sound file ${i}`)).toBe(true);
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        // The last fields stand for themselves: without them the file is whole, but says something else.
        if (judge(cut, `file ${i} cut at ${length}`)) expect(length).toBeGreaterThan(bytes.length / 2);
      }
    }
  });

  it(`are read or refused, whatever is wrong with their bytes (${3000 * cases} files)`, () => {
    let refused = 0;
    for (let seed = 0; seed < 3000 * cases; seed++) {
      const draw = new Draw(seed);
      const bytes = breakBytes(draw.pick(sound), draw);
      if (!judge(bytes, `seed ${seed}`)) refused++;
    }
    expect(refused).toBeGreaterThan(500 * cases);
  });

  it(`are read or refused, whatever is wrong with their contents (${2000 * cases} files)`, () => {
    let refused = 0;
    for (let seed = 0; seed < 2000 * cases; seed++) {
      const draw = new Draw(seed);
      let bytes = breakMessage(draw.pick(sound), draw);
      if (draw.bool(0.3)) bytes = breakMessage(bytes, draw);
      if (!judge(bytes, `seed ${seed}`)) refused++;
    }
    expect(refused).toBeGreaterThan(500 * cases);
  });
});

describe("files that are meant to harm", () => {
  const refused = (bytes: Uint8Array): string => {
    try {
      parseOnnx(bytes, "bad.onnx");
    } catch (error) {
      if (error instanceof FileError) return error.message;
      throw error;
    }
    throw new Error("it was accepted");
  };
  const withTensor = (dims: readonly number[], rawData: Uint8Array): Uint8Array =>
    modelBytes({ nodes: [], outputs: ["w"], initializers: [{ name: "w", dims, dataType: 1, rawData }] });

  it("are refused with what is wrong: lengths, extents, types, names, circles", () => {
    expect(refused(new Uint8Array(0))).toContain("bad.onnx: not an ONNX file");
    expect(refused(new TextEncoder().encode("not a model at all"))).toContain("bad.onnx: ");
    // Field 7 (the graph) says that it takes 100 bytes.
    expect(refused(Uint8Array.of(8, 9, 58, 100, 10))).toBe(
      "bad.onnx: graph should take 100 bytes, but 1 follow (at byte 3)",
    );
    expect(refused(withTensor([-2, 3], new Uint8Array(24)))).toContain('tensor "w": the extents [-2, 3]');
    expect(refused(withTensor([2 ** 40, 2 ** 40], new Uint8Array(24)))).toContain("too large");
    expect(refused(withTensor([1000, 1000], new Uint8Array(24)))).toContain(
      "takes 4000000 bytes, but has 24",
    );
    const typed = { name: "w", dims: [1], dataType: 99, rawData: new Uint8Array(4) };
    expect(refused(modelBytes({ nodes: [], outputs: [], initializers: [typed] }))).toContain(
      "no element type 99",
    );
    const twice = [floats("w", [1], [1]), floats("w", [1], [1])];
    expect(refused(modelBytes({ nodes: [], outputs: [], initializers: twice }))).toContain(
      'two initializers are called "w"',
    );
    const circle = [node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"])];
    expect(refused(modelBytes({ inputs: { x: [1] }, nodes: circle, outputs: ["a"] }))).toContain(
      'Add "a" uses "b", which is made by itself or later: nodes go in a circle or are not sorted',
    );
    const again = [node("Neg", ["x"], ["a"]), node("Abs", ["x"], ["a"])];
    expect(refused(modelBytes({ inputs: { x: [1] }, nodes: again, outputs: ["a"] }))).toContain(
      'Abs "a" makes "a", which there is already',
    );
    expect(refused(modelBytes({ nodes: [], outputs: ["lost"] }))).toContain(
      'nothing makes the output "lost"',
    );
  });

  it("are refused when messages lie in each other without end", () => {
    // A graph in an attribute of a node of a graph, a thousand times.
    let graph: Uint8Array = new Uint8Array(0);
    const inside = (field: number, bytes: Uint8Array): Uint8Array => {
      const length: number[] = [];
      let rest = bytes.length;
      for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
      return Uint8Array.of(8 * field + 2, ...length, rest, ...bytes);
    };
    for (let depth = 0; depth < 1000; depth++) graph = inside(1, inside(5, inside(6, graph)));
    expect(refused(Uint8Array.of(8, 9, ...inside(7, graph)))).toContain("lies too deep in other messages");
  });

  it("cannot ask for more elements than there are places", () => {
    const huge = modelBytes({
      nodes: [node("ConstantOfShape", ["shape"], ["y"])],
      outputs: ["y"],
      initializers: [ints("shape", [3], [2 ** 20, 2 ** 20, 2 ** 20])],
    });
    expect(() => importOnnx(huge).run({})).toThrow(/is no shape of a tensor/);
    const long = modelBytes({
      nodes: [node("Range", ["a", "b", "c"], ["y"])],
      outputs: ["y"],
      initializers: [ints("a", [], [0]), ints("b", [], [2 ** 50]), ints("c", [], [1])],
    });
    expect(() => importOnnx(long).run({})).toThrow(/too long/);
  });
});
