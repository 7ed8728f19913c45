import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubServer, sha256 } from "../../test/hub-server.ts";
import * as p from "../../test/write-pickle.ts";
import { ArgumentError, FileError } from "../core/errors.ts";
import { countElements, type HostTensor } from "../io/host-tensor.ts";
import { serializeSafetensors } from "../io/safetensors.ts";
import { checksumInName } from "../io/weights/weight-files.ts";
import { fetchWeights as fetchInBrowser } from "../io/weights/weights.web.ts";
import { BatchNorm } from "../nn/batch-norm.ts";
import { StateDictError } from "../nn/state-dict.ts";
import { createModel, imagenetClasses, listModels } from "./index.ts";
import { loadPretrained } from "./load-pretrained.ts";
import { loadWeights } from "./load-weights.ts";
import { timmArchitecture } from "./timm/architectures.ts";
import { renamed } from "./timm/rename.ts";

const config = {
  architecture: "lenet5",
  num_classes: 10,
  label_names: ["zero", "one"],
  pretrained_cfg: {
    input_size: [1, 28, 28],
    crop_pct: 1,
    interpolation: "bilinear",
    mean: [0.1307],
    std: [0.3081],
  },
};
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

let folder: string;
let state: Map<string, HostTensor>;
let server: HubServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-pretrained-"));
  server = new HubServer();
  await server.listen();
  vi.stubEnv("HF_HOME", join(folder, "hf"));
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  vi.stubEnv("FOVEA_CACHE", join(folder, "cache"));
  state ??= await createModel("lenet5").stateDict();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true });
});

/** The state as a checkpoint of PyTorch under names that DataParallel gave. */
function checkpoint(): Promise<Uint8Array> {
  const storages: Record<string, Uint8Array> = {};
  const tensors: Record<string, p.PicklePart> = {};
  for (const [name, { shape, data }] of state) {
    const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const key = String(Object.keys(storages).length);
    tensors[`module.${name}`] = p.tensorPart({ key, length: data.length, size: shape, stride });
    storages[key] = new Uint8Array(data.buffer as ArrayBuffer);
  }
  return p.zipCheckpoint(p.pickle(p.dict({ state_dict: p.dict(tensors) })), storages);
}

async function writeFolder(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const path = await mkdtemp(join(folder, "model-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}

describe("a network with published weights", () => {
  it("comes from the hub", async () => {
    server.files.set("config.json", json(config)).set("model.safetensors", serializeSafetensors(state));
    const { model, entry, preprocessing, labels, initialized } = await loadPretrained("someone/lenet5");
    expect(entry.name).toBe("lenet5");
    expect(model.training).toBe(false);
    expect(await model.stateDict()).toEqual(state);
    expect(preprocessing).toMatchObject({
      inputSize: [1, 28, 28],
      resize: 28,
      mean: [0.1307],
      cropMode: "center",
    });
    expect([labels, initialized]).toEqual([["zero", "one"], []]);
    await loadPretrained("hf-hub:someone/lenet5", { offline: true });
  });

  it("comes from the hub in several files, or in PyTorch's", async () => {
    const tensors = [...state];
    server.files
      .set("config.json", json(config))
      .set(
        "model.safetensors.index.json",
        json({ weight_map: { a: "x-1.safetensors", b: "x-2.safetensors", c: "x-1.safetensors" } }),
      )
      .set("x-1.safetensors", serializeSafetensors(tensors.slice(0, 3)))
      .set("x-2.safetensors", serializeSafetensors(tensors.slice(3)));
    expect(await (await loadPretrained("someone/parts")).model.stateDict()).toEqual(state);
    server.files.delete("model.safetensors.index.json");
    server.files.set("pytorch_model.bin", await checkpoint());
    expect(await (await loadPretrained("someone/bin")).model.stateDict()).toEqual(state);
  });

  it("comes from a folder, and from a file with the network's name", async () => {
    const path = await writeFolder({
      "config.json": json(config),
      "model.safetensors": serializeSafetensors(state),
    });
    expect(await (await loadPretrained(path)).model.stateDict()).toEqual(state);
    const file = join(path, "model.safetensors");
    expect(await (await loadPretrained(file, { architecture: "lenet5" })).model.stateDict()).toEqual(state);
    await expect(loadPretrained(file)).rejects.toThrow("give the option architecture");
  });

  it("comes from an address of PyTorch, whose name has the checksum's beginning", async () => {
    vi.stubEnv("FOVEA_PYTORCH_ENDPOINT", `${server.endpoint}/x/resolve/main`);
    const bytes = await checkpoint();
    const name = `lenet5-${sha256(bytes).slice(0, 8)}.pth`;
    server.files.set(`models/${name}`, bytes).set("models/lenet5-01234567.pth", bytes);
    const load = (file: string) =>
      loadPretrained(`https://download.pytorch.org/models/${file}`, { architecture: "lenet5" });
    expect(await (await load(name)).model.stateDict()).toEqual(state);
    expect(await readdir(join(folder, "cache", "checkpoints"))).toEqual([name]);
    await server.close();
    await load(name);
  });

  it("is refused where the checksum's beginning is another", async () => {
    server.files.set("lenet5-01234567.pth", await checkpoint());
    const address = `${server.endpoint}/x/resolve/main/lenet5-01234567.pth`;
    const error = await loadPretrained(address, { architecture: "lenet5" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toContain("but 01234567 was expected");
    expect(await readdir(join(folder, "cache", "checkpoints"))).toEqual([]);
  });

  it("has a head of another size with its initial values", async () => {
    const path = await writeFolder({
      "config.json": json(config),
      "model.safetensors": serializeSafetensors(state),
    });
    const { model, initialized, entry } = await loadPretrained(path, { numClasses: 3 });
    expect(initialized.length).toBe(2);
    const found = await model.stateDict();
    for (const [name, tensor] of state) {
      if (initialized.includes(name)) expect(found.get(name)!.shape[0]).toBe(3);
      else expect(found.get(name)).toEqual(tensor);
    }
    expect(entry.head.some((head) => initialized[0]!.startsWith(head))).toBe(true);
  });
});

describe("createModel with published weights", () => {
  it("makes the named network of a source, in training mode, with a new head where classes differ", async () => {
    const path = await writeFolder({
      "config.json": json(config),
      "model.safetensors": serializeSafetensors(state),
    });
    const model = await createModel("lenet5", { pretrained: path });
    expect(model.training).toBe(true);
    expect(await model.stateDict()).toEqual(state);
    const other = await createModel("lenet5", { pretrained: path, numClasses: 3 });
    const found = await other.stateDict();
    expect(found.get("0.weight")).toEqual(state.get("0.weight"));
    expect(found.get("11.weight")!.shape).toEqual([3, 84]);
  });

  it("takes the registry's weights for true", async () => {
    const { weights } = listModels("squeezenet1_1")[0]!;
    const bytes = Uint8Array.of(0);
    const file = weights!.source.split("/").at(-1)!;
    vi.stubEnv("FOVEA_PYTORCH_ENDPOINT", `${server.endpoint}/x/resolve/main`);
    server.files.set(`models/${file}`, bytes);
    await expect(createModel("squeezenet1_1", { pretrained: true })).rejects.toThrow(
      `${file}: could not be fetched: SHA-256 is ${sha256(bytes)}, but b8a52dc0 was expected`,
    );
  });

  it("refuses what there is not, as a rejection", async () => {
    await expect(createModel("lenet6", { pretrained: true })).rejects.toThrow("listModels() lists all");
    await expect(createModel("lenet5", { pretrained: true })).rejects.toThrow("no weights for lenet5");
    await expect(createModel("mlp", { pretrained: await writeFolder({}) })).rejects.toThrow("has no model");
  });
});

it("names ImageNet's classes by WordNet, no two alike", () => {
  expect(imagenetClasses).toHaveLength(1000);
  expect(new Set(imagenetClasses).size).toBe(1000);
  expect([0, 1, 134, 207, 517, 999].map((index) => imagenetClasses[index])).toEqual([
    "tench",
    "goldfish",
    "crane (wading bird)",
    "golden retriever",
    "crane (lifting device)",
    "toilet tissue",
  ]);
});

it("has the names of ImageNet's classes, unless its head is a new one", async () => {
  const path = await writeFolder({
    "model.safetensors": serializeSafetensors(await createModel("shufflenet_v2_x0_5").stateDict()),
  });
  const load = (options: object) => loadPretrained(path, { architecture: "shufflenet_v2_x0_5", ...options });
  expect((await load({})).labels).toBe(imagenetClasses);
  expect((await load({ numClasses: 3 })).labels).toBeUndefined();
});

describe("what is refused", () => {
  it.each<[string, object | string, RegExp]>([
    ["no architecture", { ...config, architecture: undefined }, /names no architecture/],
    [
      "another architecture",
      { ...config, architecture: "lenet6" },
      /no network here for the architecture "lenet6"/,
    ],
    ["one that pads otherwise", { ...config, architecture: "tf_efficientnet_b0" }, /pads as TensorFlow/],
    ["a count that is none", { ...config, num_classes: -1 }, /num_classes is no count/],
    ["other arguments", { ...config, model_args: { img_size: 32 } }, /model_args has img_size/],
    ["a size of text", { ...config, pretrained_cfg: { mean: "x" } }, /pretrained_cfg\.mean is "x"/],
    [
      "an interpolation that is none",
      { ...config, pretrained_cfg: { interpolation: "x" } },
      /interpolation must be/,
    ],
    ["no JSON", "{", /is no JSON/],
    ["a list", "[]", /is no JSON object/],
  ])("a config with %s", async (_, value, message) => {
    const text = typeof value === "string" ? new TextEncoder().encode(value) : json(value);
    const path = await writeFolder({ "config.json": text, "model.safetensors": serializeSafetensors(state) });
    await expect(loadPretrained(path)).rejects.toThrow(message);
  });

  it("a folder without weights, a file that is not there, and a part that is not there", async () => {
    await expect(loadPretrained(await writeFolder({ "config.json": json(config) }))).rejects.toThrow(
      "has no model",
    );
    await expect(loadPretrained("./absent.pth", { architecture: "lenet5" })).rejects.toThrow(FileError);
    await expect(loadPretrained("absent/x.pth", { architecture: "lenet5" })).rejects.toThrow(
      "does not exist",
    );
    const index = (name: string) => ({ "model.safetensors.index.json": json({ weight_map: { a: name } }) });
    await expect(loadPretrained(await writeFolder(index("x.safetensors")))).rejects.toThrow(
      "lists x.safetensors",
    );
    await expect(loadPretrained(await writeFolder(index("../x.safetensors")))).rejects.toThrow(
      "is no file's name",
    );
  });

  it("weights of another network than the one asked for", async () => {
    const path = await writeFolder({
      "config.json": json(config),
      "model.safetensors": serializeSafetensors(state),
    });
    await expect(loadPretrained(path, { architecture: "mlp" })).rejects.toThrow(
      "has weights of lenet5, but mlp is asked for",
    );
  });

  it("a network of the registry without weights", async () => {
    await expect(loadPretrained("lenet5")).rejects.toThrow(ArgumentError);
  });

  it("weights of another network, and nothing is changed", async () => {
    const { model } = await loadPretrained(
      await writeFolder({ "config.json": json(config), "model.safetensors": serializeSafetensors(state) }),
    );
    const first = [...state.keys()][0]!;
    const other = new Map(state);
    other.set(first, { dtype: "float32", shape: [1], data: new Float32Array(1) });
    other.set("surplus", { dtype: "float32", shape: [1], data: new Float32Array(1) });
    expect(() => loadWeights(model, other)).toThrow(StateDictError);
    expect(() => loadWeights(model, other)).toThrow(/surplus[\s\S]*mismatch/);
    expect(await model.stateDict()).toEqual(state);
    other.set(first, state.get(first)!);
    expect(loadWeights(model, other, { ignored: /^surplus/ }).unexpected).toEqual(["surplus"]);
  });
});

describe("published files", () => {
  it("may have no head, which a network for other classes then gets", async () => {
    const head = listModels("lenet5")[0]!.head[0]!;
    const body = new Map([...state].filter(([name]) => !name.startsWith(`${head}.`)));
    const path = await writeFolder({
      "config.json": json({ ...config, num_classes: 0 }),
      "model.safetensors": serializeSafetensors(body),
    });
    expect((await loadPretrained(path, { numClasses: 3 })).initialized).toEqual([
      `${head}.weight`,
      `${head}.bias`,
    ]);
    await expect(loadPretrained(path)).rejects.toThrow(`missing:    ${head}.weight`);
  });

  const zeros = (shape: readonly number[]): HostTensor => ({
    dtype: "float32",
    shape,
    data: new Float32Array(countElements(shape)!),
  });
  const variablesOf = (name: string) => {
    const model = createModel(name);
    return [...model.namedParameters(), ...model.namedBuffers()];
  };

  it("may have heads that only training uses", async () => {
    const file = join(await writeFolder({}), "x.safetensors");
    await writeFile(file, serializeSafetensors([...state, ["aux1.fc.weight", zeros([1])]]));
    const { model } = await loadPretrained(file, { architecture: "lenet5" });
    expect(await model.stateDict()).toEqual(state);
  });

  it("may have DenseNet's old names", async () => {
    const old = variablesOf("densenet121").map(([name, { shape }]): [string, HostTensor] => [
      name.replace(/(denselayer\d+\.(?:norm|conv))([12]\.)/, "$1.$2"),
      zeros(shape),
    ]);
    expect(old.filter(([name]) => name.includes("denselayer1.norm.1.")).length).toBeGreaterThan(0);
    const file = join(await writeFolder({}), "x.safetensors");
    await writeFile(file, serializeSafetensors(old));
    expect((await loadPretrained(file, { architecture: "densenet121" })).initialized).toEqual([]);
  });

  it("may have timm's names and eps for our name of the network", async () => {
    const { rules } = timmArchitecture("mobilenetv3_small_100")!;
    const tensors = variablesOf("mobilenet_v3_small").map(([name, { shape }]): [string, HostTensor] => [
      renamed(name, rules),
      zeros(name === "classifier.0.weight" ? [...shape, 1, 1] : shape),
    ]);
    const file = join(await writeFolder({}), "x.safetensors");
    await writeFile(file, serializeSafetensors(tensors));
    const { model } = await loadPretrained(file, { architecture: "mobilenet_v3_small" });
    const norms = [...model.namedModules().values()].filter((module) => module instanceof BatchNorm);
    expect(new Set(norms.map(({ options }) => options.eps))).toEqual(new Set([1e-5]));
  });
});

describe("in a browser", () => {
  it("the same files come by fetch", async () => {
    server.files.set("config.json", json(config)).set("model.safetensors", serializeSafetensors(state));
    const seen: number[] = [];
    const files = await fetchInBrowser("someone/lenet5", {
      endpoint: server.endpoint,
      onProgress: ({ bytes }) => seen.push(bytes),
    });
    expect(files.weights[0]!.bytes).toEqual(server.files.get("model.safetensors"));
    expect(new TextDecoder().decode(files.config!.bytes)).toBe(JSON.stringify(config));
    expect(seen.at(-1)).toBe(files.weights[0]!.bytes.length);
  });

  it("a wrong checksum, a missing file and a path are errors", async () => {
    server.files.set("a-01234567.pth", new Uint8Array(10));
    const at = `${server.endpoint}/x/resolve/main/`;
    await expect(fetchInBrowser(`${at}a-01234567.pth`)).rejects.toThrow("but 01234567 was expected");
    await expect(fetchInBrowser(`${at}b.pth`)).rejects.toThrow("404");
    await expect(fetchInBrowser("./a.pth")).rejects.toThrow(ArgumentError);
    server.token = "x";
    await expect(fetchInBrowser("a/b", { endpoint: server.endpoint })).rejects.toThrow("401");
  });
});

it.each(listModels().flatMap(({ name, weights }) => (weights ? [[name, weights.source] as const] : [])))(
  "the address of %s's weights has a checksum in it",
  (_, source) => {
    expect(source).toMatch(/^https:\/\//);
    expect(checksumInName(source)).toBeDefined();
  },
);
