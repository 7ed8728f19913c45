import { deepEqual, equal } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../../../dist/index.js";
import { type NetworkGraph, networkGraph } from "../../../dist/onnx/index.js";
import { networks } from "./index.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const reference = join(env["FOVEA_SHARED"] ?? join(repository, "..", "shared"), "reference");
const skip = existsSync(join(reference, "zoo.json")) ? false : `there is no ${join(reference, "zoo.json")}`;

/** torchvision's names of the networks that it has. */
const torchvisionNames: Readonly<Record<string, string>> = {
  resnet18: "resnet18",
  resnet50: "resnet50",
  vgg16: "vgg16",
  mobilenetv2: "mobilenet_v2",
  densenet121: "densenet121",
  googlenet: "googlenet",
  efficientnetb0: "efficientnet_b0",
  convnexttiny: "convnext_tiny",
};

interface ZooRow {
  readonly model: string;
  readonly params: number;
  readonly macs: number;
}

interface ZooLayer {
  readonly name: string;
  readonly type: string;
  readonly out: readonly number[];
  readonly k: readonly number[];
  readonly s: readonly number[];
  readonly p: readonly number[];
  readonly d: readonly number[];
  readonly g: number;
  readonly bias: boolean;
}

function readJson(...path: readonly string[]) {
  // Accuracies that nobody measured are written as NaN, which JSON does not have.
  return JSON.parse(readFileSync(join(reference, ...path), "utf8").replaceAll(/: NaN\b/g, ": null"));
}

interface Layer {
  readonly description: string;
  readonly macs: number;
}

/** The convolutions and linear layers, in words. */
function layersOf({ nodes, weights }: NetworkGraph): Layer[] {
  return nodes.flatMap(({ op, inputs, shape, attrs }) => {
    if (op !== "conv" && op !== "linear") return [];
    const kernel = weights[inputs[1]!]!;
    const macs = sizeOf(shape) * sizeOf(kernel.slice(1));
    if (op === "linear") return [{ description: describe({ out: shape }), macs }];
    const { stride, padding, dilation, groups } = attrs as {
      readonly [name in "stride" | "dilation"]: readonly number[];
    } & { readonly padding: readonly (readonly number[])[]; readonly groups: number };
    const p = padding.map(([low]) => low!);
    return [
      {
        description: describe({
          out: shape,
          k: kernel.slice(2),
          s: stride,
          p,
          d: dilation,
          g: groups,
          bias: inputs.length === 3,
        }),
        macs,
      },
    ];
  });
}

function describe({ out, k, s, p, d, g, bias }: Partial<ZooLayer>): string {
  return JSON.stringify({ out, k, s, p, d, g, bias });
}

for (const { name, inputShape, create } of networks) {
  const torchvision = torchvisionNames[name];
  if (!torchvision) continue;
  test(`${name} has the layers, parameters and MACs of torchvision's`, { skip }, async () => {
    const model = create();
    const layers = layersOf(await networkGraph(model, [1, ...inputShape]));
    const { rows }: { rows: ZooRow[] } = readJson("zoo.json");
    const row = rows.find((candidate) => candidate.model === `torchvision/${torchvision}`)!;
    const parameters = model.parameters().reduce((total, { shape }) => total + sizeOf(shape), 0);
    equal(parameters, row.params);
    equal(
      layers.reduce((total, { macs }) => total + macs, 0),
      row.macs,
    );
    const zoo: { layers: ZooLayer[] } = readJson("zoo_layers", `${torchvision}.json`);
    const expected = zoo.layers.filter(
      (layer) => (layer.type === "Conv2d" || layer.type === "Linear") && !layer.name.startsWith("aux"),
    );
    // Branches may be visited in another order.
    deepEqual(layers.map(({ description }) => description).sort(), expected.map(describe).sort());
  });
}

test("ResNet-18 for CIFAR has 11,173,962 parameters", () => {
  const { create } = networks.find(({ name }) => name === "cifar-resnet18")!;
  const sizes = create()
    .parameters()
    .map(({ shape }) => sizeOf(shape));
  // That of torchvision, with 3·3 for 7·7 in the stem and 10 for 1000 classes.
  equal(
    sizes.reduce((a, b) => a + b, 0),
    11_689_512 - 64 * 3 * (49 - 9) - 990 * 513,
  );
});
