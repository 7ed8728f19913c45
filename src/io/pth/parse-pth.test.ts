import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { breakBytes, type Format, testBrokenFiles } from "../../../test/broken-files.ts";
import * as p from "../../../test/write-pickle.ts";
import { FileError } from "../../core/errors.ts";
import { countElements } from "../host-tensor.ts";
import { parseSafetensors } from "../safetensors.ts";
import { readZip } from "../zip.ts";
import { writeZip } from "../zip-write.ts";
import { parsePth } from "./parse-pth.ts";
import { type PickleValue, PythonGlobal, PythonObject } from "./pickle-value.ts";
import vectors from "./pth-vectors.json" with { type: "json" };

/** Written by PyTorch 2.13 and compressed. */
const vector = (name: keyof typeof vectors): Uint8Array =>
  new Uint8Array(inflateSync(Buffer.from(vectors[name], "base64")));

async function failure(bytes: Uint8Array): Promise<FileError> {
  const error: unknown = await parsePth(bytes, "x.pth").then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FileError);
  return error as FileError;
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const weight = p.tensorPart({ length: 6, size: [2, 3], stride: [3, 1] });
const six = { 0: floats(1, 2, 3, 4, 5, 6) };

describe("what PyTorch 2.13 wrote", () => {
  it.each(["zip", "zip, protocol 4", "legacy", "legacy, protocol 1"] as const)(
    "is read from %s",
    async (name) => {
      const { tensors, metadata } = await parsePth(vector(name), "x.pth");
      const expected: [string, string, number[], ArrayLike<unknown>][] = [
        ["a.weight", "float32", [3, 4], Array.from({ length: 12 }, (_, i) => i)],
        ["a.transposed", "float32", [4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
        ["a.row", "float32", [4], [4, 5, 6, 7]],
        ["a.column", "float32", [3], [2, 6, 10]],
        ["p", "float16", [2], [0x3800, 0xc000]],
        ["bn.num_batches_tracked", "int64", [], [7n]],
        ["mask", "bool", [3], [1, 0, 1]],
        ["half", "bfloat16", [2], [0x3f80, 0xc040]],
        ["bytes", "uint8", [2], [0, 255]],
        ["signed", "int8", [2], [-1, 127]],
        ["short", "int16", [1], [-300]],
        ["int", "int32", [1], [70000]],
        ["double", "float64", [1], [0.1]],
        ["empty", "float32", [0, 3], []],
        ["scalar", "float32", [], [2.5]],
        ["last", "float32", [1, 2, 3, 4], Array.from({ length: 24 }, (_, i) => i)],
        ...(name.startsWith("zip")
          ? [["uint16", "uint16", [1], [65535]] as [string, string, number[], number[]]]
          : []),
      ];
      const found = [...tensors].map(([key, { dtype, shape, data }]) => [key, dtype, shape, [...data]]);
      expect(found).toEqual(expected);

      const plain = new Map(metadata);
      expect((plain.get("best") as { data: Float32Array }).data).toEqual(Float32Array.of(9));
      expect(plain.get("device")).toEqual(new PythonObject("torch.device", Object.freeze(["cpu"])));
      expect(plain.get("dtype")).toEqual(new PythonGlobal("torch.float32"));
      expect((plain.get("args") as PythonObject).state).toEqual(new Map([["lr", 0.1]]));
      for (const key of ["best", "device", "dtype", "args"]) plain.delete(key);
      expect(plain).toEqual(
        new Map<string, PickleValue>([
          ["epoch", 3],
          ["best_prec1", 91.5],
          ["arch", "résnet"],
          ["none", null],
          ["flags", [true, false, -1, 300, 70000, 2 ** 31, 2n ** 70n]],
          ["size", [1, 2]],
          ["np", 1.25],
          ["set", new Set([1])],
          ["raw", Uint8Array.of(0, 255)],
          ["list", [1, "b", [null]]],
        ]),
      );
    },
  );

  it("may be a state dict alone", async () => {
    const { tensors, metadata } = await parsePth(vector("bare"), "x.pth");
    expect([...tensors.keys()]).toEqual(["w"]);
    expect(metadata.size).toBe(0);
  });

  it("is refused as a TorchScript archive or a whole module, and the class is named", async () => {
    expect((await failure(vector("torchscript"))).message).toContain("TorchScript");
    expect((await failure(vector("module"))).message).toContain('"torch.nn.modules.linear.Linear"');
  });
});

describe("elements", () => {
  it("are views onto the file where they are contiguous and aligned", async () => {
    const bytes = vector("bare");
    const { data } = (await parsePth(bytes, "x.pth")).tensors.get("w")!;
    expect(data.buffer).toBe(bytes.buffer);
  });

  it("of one storage are shared by the tensors in it", async () => {
    const parts = {
      a: weight,
      b: p.tensorPart({ length: 6, offset: 1, size: [3], stride: [1] }),
      c: p.tensorPart({ length: 6, offset: 5, size: [], stride: [] }),
    };
    const { tensors } = await parsePth(await p.zipCheckpoint(p.pickle(p.dict(parts)), six), "x.pth");
    const [a, b, c] = ["a", "b", "c"].map((name) => tensors.get(name)!.data as Float32Array);
    a![1] = 20;
    expect([...b!, ...c!]).toEqual([20, 3, 4, 6]);
  });

  it("are read in either byte order, stored or deflated", async () => {
    const swapped = { 0: floats(1, 2, 3, 4, 5, 6).reverse() };
    const data = p.pickle(p.dict({ w: weight }));
    const big = await parsePth(await p.zipCheckpoint(data, swapped, "big"), "x.pth");
    expect([...big.tensors.get("w")!.data]).toEqual([6, 5, 4, 3, 2, 1]);
    const files: [string, Uint8Array][] = [
      ["n/data.pkl", data],
      ["n/data/0", six[0]],
    ];
    const { tensors } = await parsePth(await writeZip(files, true), "x.pth");
    expect([...tensors.get("w")!.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("the state dict", () => {
  const read = async (value: p.PicklePart) => {
    const { tensors, metadata } = await parsePth(await p.zipCheckpoint(p.pickle(value), six), "x.pth");
    return [[...tensors.keys()], [...metadata.keys()]];
  };

  it.each(["state_dict", "model_state_dict", "model", "net"])("is found under %s", async (key) => {
    expect(await read(p.dict({ accuracy: weight, [key]: p.dict({ w: weight }), epoch: p.int(3) }))).toEqual([
      ["w"],
      ["accuracy", "epoch"],
    ]);
  });

  it("keeps module. where not all names have it", async () => {
    expect((await read(p.dict({ "module.a": weight, b: weight })))[0]).toEqual(["module.a", "b"]);
    expect((await read(p.dict({ "_orig_mod.module.a": weight })))[0]).toEqual(["a"]);
  });
});

describe("what is refused", () => {
  const system = p.call(p.global("posix", "system"), p.text("echo"));
  const strided = (part: Partial<p.TensorPart>) =>
    p.dict({ w: p.tensorPart({ length: 6, size: [2, 3], stride: [3, 1], ...part }) });

  it.each<[string, p.PicklePart, RegExp]>([
    ["a call of os.system", system, /wants "posix\.system"/],
    ["a call of eval", p.call(p.global("builtins", "eval"), p.text("1")), /wants "builtins\.eval"/],
    ["a name from an object", p.global("__proto__", "constructor"), /wants "__proto__\.constructor"/],
    ["a storage made of bytes", p.global("torch.storage", "_load_from_bytes"), /_load_from_bytes/],
    ["quantized elements", strided({ type: "QInt8Storage" }), /torch\.QInt8Storage are not supported/],
    ["a call of what is no function", [p.text("x"), ")R"], /a str cannot be called/],
    ["a call of an element type", [p.global("torch", "float32"), ")R"], /torch\.float32 is not to be called/],
    ["an empty stack", "0", /stack is empty/],
    ["a value behind a mark", "(0R", /too few values/],
    ["a tuple without a mark", "t", /no mark/],
    ["a forgotten memo", ["h", 7], /nothing was remembered as 7/],
    ["an item for a tuple", [")", p.text("x"), "a"], /appended to a tuple/],
    ["an unknown instruction", [0xff], /instruction 0xff/],
    ["an extension", [0x82, 1], /instruction 0x82/],
    ["a later protocol", [0x80, 6], /protocol 6/],
    ["a long text that is not there", ["X", 0xff, 0xff, 0xff, 0x7f], /ends within a str/],
    ["a number of a thousand digits", `I${"9".repeat(2000)}\n`, /not an integer/],
    ["a list", "]", /holds a list/],
    ["a dict without tensors", p.dict({ lr: p.int(1) }), /without a state dict; its keys are lr/],
    ["an offset beyond the storage", strided({ offset: 1 }), /tensor "w": .*reaches element 6/],
    ["strides beyond the storage", strided({ stride: [4, 1] }), /tensor "w": .*reaches element 6/],
    ["a size beyond the storage", strided({ size: [1 << 30, 2] }), /reaches element 3221225470/],
    ["a size without end", strided({ size: [1 << 30, 1 << 30], stride: [0, 0] }), /no number of elements/],
    ["elements repeated without end", strided({ size: [1 << 30], stride: [0] }), /repeats more elements/],
    ["a negative stride", strided({ stride: [3, -1] }), /not natural numbers/],
    ["another length than the entry's", strided({ length: 7 }), /takes 28 bytes, but its entry has 24/],
    ["a storage that is not there", strided({ key: "1" }), /storage "1" has no entry/],
    ["a storage outside the archive", strided({ key: "../../x" }), /has no entry/],
  ])("%s", async (_, value, message) => {
    expect((await failure(await p.zipCheckpoint(p.pickle(value), six))).message).toMatch(message);
  });

  it("copies of copies of a large dict", async () => {
    const items = Array.from({ length: 1000 }, (_, i) => [p.int(i), "N"]);
    const copy = [p.global("collections", "OrderedDict"), "h", 0, 0x85, "R0"];
    const bomb = p.pickle(
      "}(",
      items,
      "u",
      "q",
      0,
      Array.from({ length: 2000 }, () => copy),
    );
    expect((await failure(await p.zipCheckpoint(bomb, {}))).message).toContain("copies more than");
  });

  it("lists in lists, however deep, are harmless", async () => {
    const deep = ["]".repeat(200_000), "a".repeat(199_999)];
    const bytes = await p.zipCheckpoint(p.pickle(p.dict({ deep, w: weight })), six);
    expect((await parsePth(bytes, "x.pth")).tensors.size).toBe(1);
  });

  it("other files", async () => {
    const tar = new Uint8Array(512);
    tar.set(new TextEncoder().encode("ustar"), 257);
    expect((await failure(tar)).message).toContain("tar archive");
    expect((await failure(Uint8Array.of(1, 2))).message).toContain("neither a zip archive nor a pickle");
    expect((await failure(p.pickle("N"))).message).toContain("magic number");
    expect((await failure(await writeZip([["a.txt", new Uint8Array(1)]], false))).message).toContain(
      "no data.pkl",
    );
  });
});

const soundLegacy = (): Uint8Array =>
  p.legacyCheckpoint(p.pickle(p.dict({ state_dict: p.dict({ w: weight }) })), {
    0: Float32Array.of(1, 2, 3, 4, 5, 6),
  });

const formats: Readonly<Record<string, Format>> = {
  pth: {
    sound: async () => [await p.zipCheckpoint(p.pickle(p.dict({ w: weight })), six), soundLegacy()],
    async parse(bytes) {
      for (const { shape, data } of (await parsePth(bytes, "fuzz")).tensors.values()) {
        if (countElements(shape) !== data.length) throw new Error(`${data.length} elements for [${shape}]`);
      }
    },
    ratio: 8,
    runs: 3000,
    async breakInside(bytes, draw) {
      if (bytes[0] !== 0x50) return breakBytes(bytes, draw);
      const files: [string, Uint8Array][] = [];
      for (const { name, read } of readZip(bytes, "sound")) {
        const content = await read();
        files.push([name, name.endsWith("pkl") ? breakBytes(content, draw) : content]);
      }
      return writeZip(files, draw.bool());
    },
  },
};
describe.each(Object.entries(formats))("broken %s files", testBrokenFiles);

const folder = join(
  process.env["FOVEA_SHARED"] ?? "../shared",
  "data/weights/resnet-cifar10/resnet20-12fca82f",
);
const present = existsSync(`${folder}.th`) && existsSync(`${folder}.safetensors`);

describe.skipIf(!present)(`published weights${present ? "" : `, skipped without ${folder}.th`}`, () => {
  it("are the same bits as in safetensors", async () => {
    const { tensors, metadata } = await parsePth(readFileSync(`${folder}.th`), `${folder}.th`);
    const expected = parseSafetensors(readFileSync(`${folder}.safetensors`), folder).tensors;
    expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, tensor] of expected) expect([name, tensors.get(name)]).toEqual([name, tensor]);
    expect(metadata.get("best_prec1")).toBeCloseTo(91.78, 4);
  });
});
