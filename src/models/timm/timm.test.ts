import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import { countElements, type HostTensor } from "../../io/host-tensor.ts";
import { BatchNorm2d, Sequential } from "../../nn/index.ts";
import { listModels } from "../index.ts";
import { timmArchitecture, timmNames } from "./architectures.ts";
import { convNext, efficientNet, mnasNet, mobileNetV2, mobileNetV3, regNet, vgg } from "./families.ts";
import { renamed, stageAndBlock } from "./rename.ts";
import { fromTimm, setBatchNormEps } from "./timm-tensors.ts";

/**
 * For each architecture the number of tensors in timm 1.0.29, and the beginning of the SHA-256 of the sorted lines
 * "name elements". With these names, timm's networks and torchvision's had equal outputs for equal weights.
 */
const published: Readonly<Record<string, readonly [tensors: number, sha256: string]>> = {
  resnet18: [122, "371a7e539eab4f6c"],
  resnet34: [218, "b8a96b7e87adfbbb"],
  resnet50: [320, "188ad8058aa543c7"],
  resnet101: [626, "5d41a3bf6177384a"],
  resnet152: [932, "5691ceb78603cfd1"],
  resnext50_32x4d: [320, "21ce94530d6a2eda"],
  resnext101_32x8d: [626, "ad50de00786cd69e"],
  resnext101_64x4d: [626, "14020e40b1b881a2"],
  wide_resnet50_2: [320, "612ae8aa7f7d28d7"],
  wide_resnet101_2: [626, "86da9e64a0c78667"],
  densenet121: [727, "10d863dbcd98ff5b"],
  densenet161: [967, "a470e842b953fbc5"],
  densenet169: [1015, "4f7595d72b7d7b29"],
  densenet201: [1207, "a64964ebcd5b862a"],
  vgg11: [22, "0975c19c04e11621"],
  vgg13: [26, "f5c55f745c2d4e13"],
  vgg16: [32, "3629309fd25f8a5c"],
  vgg19: [38, "b13bc68e276c1c10"],
  vgg11_bn: [62, "f2d4c0f7a04b38ad"],
  vgg13_bn: [76, "ac638399f6b1a934"],
  vgg16_bn: [97, "5ce137f29d1edd3d"],
  vgg19_bn: [118, "a509c22fe012d5e8"],
  inception_v3: [566, "9ccd694bee828ff9"],
  convnext_tiny: [182, "4e07cbdddce24652"],
  convnext_small: [344, "4755c85d7cb4192b"],
  convnext_base: [344, "daacd7b11e6dae19"],
  convnext_large: [344, "c2a87c8544080d1c"],
  efficientnet_b0: [360, "5fe40bfb116a7454"],
  efficientnet_b1: [508, "b42362dc41096443"],
  efficientnet_b2: [508, "499a1623ea52f979"],
  efficientnet_b3: [574, "7d7c090f42df4a2b"],
  efficientnet_b4: [706, "5b97f51bf146f793"],
  efficientnet_b5: [854, "1d76351d04f6ca2c"],
  efficientnet_b6: [986, "3949d693dd050255"],
  efficientnet_b7: [1200, "4c2e6b1e03bb59aa"],
  legacy_xception: [276, "99df99aa1f85c696"],
  mobilenetv1_100: [164, "0978410d76c67660"],
  mobilenetv2_100: [314, "bb9dd337403d33e5"],
  mobilenetv3_large_100: [312, "719be9c165c05d53"],
  mobilenetv3_small_100: [244, "2422e6d56c43392d"],
  mnasnet_050: [314, "82f8548e9011f3d6"],
  mnasnet_075: [314, "de8ac3940b5e2ad6"],
  mnasnet_100: [314, "db2d61d1fa8d55e7"],
  regnetx_008: [320, "b77b50a2e87df37b"],
  regnetx_016: [356, "f1ec84107ae39fa0"],
  regnetx_032: [482, "c427b013ceff2179"],
  regnetx_080: [446, "af8e5d92843c4549"],
  regnety_004: [384, "f08871d71e886ad1"],
  regnety_016: [626, "f63d28e990f7d0e4"],
  regnety_032: [494, "0dbc8224c4a120cf"],
  regnetx_004_tv: [428, "a13a4968aa33b263"],
  regnety_008_tv: [340, "ebe34d7f99c4b5d4"],
  regnety_080_tv: [406, "e428de984677fc14"],
};

/** A model's variables under timm's names, as the lines that were summed up. */
function linesOf(
  name: string,
  variables: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): string[] {
  const { rules } = timmArchitecture(name)!;
  return [...variables].map(([own, { shape }]) => `${renamed(own, rules)} ${countElements(shape)}`).sort();
}

const registry = new Map(listModels().map((entry) => [entry.name, entry]));
const present = Object.entries(published).filter(([name]) => registry.has(timmArchitecture(name)!.model));

describe.each(present)("%s", (name, [tensors, sha256]) => {
  const entry = registry.get(timmArchitecture(name)!.model)!;
  const model = entry.create();
  const variables = new Map([...model.namedParameters(), ...model.namedBuffers()]);

  it("has the names and sizes that timm has", () => {
    const lines = linesOf(name, variables);
    expect(lines.length).toBe(tensors);
    expect(createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16)).toBe(sha256);
  });
});

it("the registry has networks of timm's", () => {
  expect(present.length).toBeGreaterThan(0);
});

it("every architecture was checked, or is another name of one that was, or of a larger one of the same kind", () => {
  const unchecked = timmNames.filter((name) => !(name in published));
  expect(unchecked.filter((name) => !/^t[vf]_|^regnet[xy]_(160|320)$/.test(name))).toEqual([]);
});

describe("names", () => {
  it.each([
    ["features.0.0.weight", convNext, "stem.0.weight"],
    ["features.1.2.layer_scale", convNext, "stages.0.blocks.2.gamma"],
    ["features.5.8.block.0.weight", convNext, "stages.2.blocks.8.conv_dw.weight"],
    ["features.5.8.block.2.bias", convNext, "stages.2.blocks.8.norm.bias"],
    ["features.7.0.block.5.bias", convNext, "stages.3.blocks.0.mlp.fc2.bias"],
    ["features.6.1.weight", convNext, "stages.3.downsample.1.weight"],
    ["classifier.2.weight", convNext, "head.fc.weight"],
    ["classifier.0.weight", vgg, "pre_logits.fc1.weight"],
    ["features.28.weight", vgg, "features.28.weight"],
    ["features.1.conv.1.weight", mobileNetV2, "blocks.0.0.conv_pw.weight"],
    ["features.17.conv.3.running_mean", mobileNetV2, "blocks.6.0.bn3.running_mean"],
    ["features.18.1.bias", mobileNetV2, "bn2.bias"],
    ["layers.13.0.layers.6.weight", mnasNet, "blocks.6.0.conv_pwl.weight"],
    ["layers.8.2.layers.1.weight", mnasNet, "blocks.1.2.bn1.weight"],
    ["features.1.0.block.1.fc1.bias", efficientNet, "blocks.0.0.se.conv_reduce.bias"],
    ["features.1.1.block.2.0.weight", efficientNet, "blocks.0.1.conv_pw.weight"],
    ["features.7.0.block.3.1.weight", efficientNet, "blocks.6.0.bn3.weight"],
    ["features.4.block.2.0.weight", mobileNetV3([1, 2, 3, 4, 2, 3]), "blocks.2.0.conv_pwl.weight"],
    ["features.4.block.2.fc2.weight", mobileNetV3([1, 2, 3, 4, 2, 3]), "blocks.2.0.se.conv_expand.weight"],
    ["features.16.0.weight", mobileNetV3([1, 2, 3, 4, 2, 3]), "blocks.6.0.conv.weight"],
    ["classifier.0.bias", mobileNetV3([1, 2, 3, 2, 3]), "conv_head.bias"],
    ["trunk_output.block3.block3-11.f.b.1.weight", regNet, "s3.b12.conv2.bn.weight"],
    ["trunk_output.block1.block1-0.proj.0.weight", regNet, "s1.b1.downsample.conv.weight"],
    ["trunk_output.block1.block1-0.f.se.fc1.bias", regNet, "s1.b1.se.fc1.bias"],
  ])("%s", (own, { rules }, timm) => {
    expect(renamed(own, rules)).toBe(timm);
  });

  it("count blocks through stages", () => {
    expect(["1", "2", "3", "4"].map((index) => stageAndBlock(index, [1, 2, 1]))).toEqual([
      "0.0",
      "1.0",
      "1.1",
      "2.0",
    ]);
  });
});

describe("fromTimm", () => {
  const tensor = (...shape: number[]): HostTensor => ({
    dtype: "float32",
    shape,
    data: new Float32Array(countElements(shape)!),
  });

  it("renames, reshapes what timm keeps otherwise, and leaves the rest to be reported", () => {
    const names = new Map([
      ["features.1.0.layer_scale", { shape: [4, 1, 1] }],
      ["classifier.2.weight", { shape: [4, 1, 1] }],
    ]);
    const given = new Map([
      ["stages.0.blocks.0.gamma", tensor(4)],
      ["head.fc.weight", tensor(2, 2)],
      ["other", tensor(1)],
    ]);
    const found = fromTimm(given, names, { ...convNext, model: "convnext_tiny" });
    expect([...found].map(([name, { shape }]) => [name, shape])).toEqual([
      ["features.1.0.layer_scale", [4, 1, 1]],
      ["classifier.2.weight", [2, 2]],
      ["other", [1]],
    ]);
  });
});

it("setBatchNormEps sets what all batch norms add", () => {
  const model = new Sequential(
    new BatchNorm2d(2, { momentum: 0.01 }),
    new Sequential(new BatchNorm2d(2, { eps: 1 })),
  );
  setBatchNormEps(model, 1e-3);
  const options = [...model.namedModules().values()]
    .filter((each) => each instanceof BatchNorm2d)
    .map((each) => each.options);
  expect(options).toEqual([{ momentum: 0.01, eps: 1e-3 }, { eps: 1e-3 }]);
});

it.each([
  ["tf_efficientnet_b0", "pads as TensorFlow does"],
  ["tf_efficientnetv2_s", "pads as TensorFlow does"],
  ["efficientnetv2_rw_s", "other widths"],
  ["regnety_008", "the one with _tv"],
  ["vit_base_patch16_224", "transformer"],
])("%s is refused, because it would compute something else", (name, reason) => {
  expect(() => timmArchitecture(name)).toThrow(ArgumentError);
  expect(() => timmArchitecture(name)).toThrow(reason);
});
