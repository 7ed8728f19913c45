import { ArgumentError } from "../../core/errors.ts";
import {
  convNext,
  efficientNet,
  mnasNet,
  mobileNetV2,
  mobileNetV3,
  regNet,
  sameNames,
  type TimmFamily,
  vgg,
} from "./families.ts";

/** A network of timm that computes what one of ours does. */
export interface TimmArchitecture extends TimmFamily {
  /** The registry's name. */
  readonly model: string;
  /** What timm's batch norms add to the variance where it is not what torchvision's and so ours do. */
  readonly batchNormEps?: number;
}

const named = (family: TimmFamily, names: Readonly<Record<string, string>>): [string, TimmArchitecture][] =>
  Object.entries(names).map(([timm, model]) => [timm, { ...family, model }]);

const equal = (family: TimmFamily, ...names: readonly string[]): [string, TimmArchitecture][] =>
  named(family, Object.fromEntries(names.map((name) => [name, name])));

/** timm keeps PyTorch's 1e-5 where torchvision has TensorFlow's 1e-3. */
const withEps = (entries: [string, TimmArchitecture][]): [string, TimmArchitecture][] =>
  entries.map(([timm, architecture]) => [timm, { ...architecture, batchNormEps: 1e-5 }]);

const architectures: ReadonlyMap<string, TimmArchitecture> = new Map([
  ...equal(sameNames, "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
  ...equal(sameNames, "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
  ...equal(sameNames, "wide_resnet50_2", "wide_resnet101_2"),
  ...equal(sameNames, "densenet121", "densenet161", "densenet169", "densenet201"),
  ...equal(sameNames, "inception_v3"),
  // Names from before timm 0.8.
  ...named(sameNames, {
    tv_resnet34: "resnet34",
    tv_resnet50: "resnet50",
    tv_resnet101: "resnet101",
    tv_resnet152: "resnet152",
    tv_resnext50_32x4d: "resnext50_32x4d",
    tv_densenet121: "densenet121",
    tf_inception_v3: "inception_v3",
  }),
  ...equal(vgg, "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
  ...equal(convNext, "convnext_tiny", "convnext_small", "convnext_base", "convnext_large"),
  ...equal(efficientNet, ...[0, 1, 2, 3, 4].map((size) => `efficientnet_b${size}`)),
  ...withEps(equal(efficientNet, ...[5, 6, 7].map((size) => `efficientnet_b${size}`))),
  ...named(sameNames, { mobilenetv1_100: "mobilenet_v1", legacy_xception: "xception" }),
  ...named(mobileNetV2, { mobilenetv2_100: "mobilenet_v2" }),
  ...withEps(named(mobileNetV3([1, 2, 3, 4, 2, 3]), { mobilenetv3_large_100: "mobilenet_v3_large" })),
  ...withEps(named(mobileNetV3([1, 2, 3, 2, 3]), { mobilenetv3_small_100: "mobilenet_v3_small" })),
  ...named(mnasNet, { mnasnet_050: "mnasnet0_5", mnasnet_075: "mnasnet0_75", mnasnet_100: "mnasnet1_0" }),
  ...named(regNet, {
    regnetx_004_tv: "regnet_x_400mf",
    regnetx_008: "regnet_x_800mf",
    regnetx_016: "regnet_x_1_6gf",
    regnetx_032: "regnet_x_3_2gf",
    regnetx_080: "regnet_x_8gf",
    regnetx_160: "regnet_x_16gf",
    regnetx_320: "regnet_x_32gf",
    regnety_004: "regnet_y_400mf",
    regnety_008_tv: "regnet_y_800mf",
    regnety_016: "regnet_y_1_6gf",
    regnety_032: "regnet_y_3_2gf",
    regnety_080_tv: "regnet_y_8gf",
    regnety_160: "regnet_y_16gf",
    regnety_320: "regnet_y_32gf",
  }),
]);

/** Networks of timm that ours resemble and do not equal, and why. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/^tf_/, "pads as TensorFlow does (more on the right and below), and would compute something else here"],
  [
    /^(regnetx_004|regnety_008|regnety_080)$/,
    "has other widths than torchvision's; the one with _tv has the same",
  ],
  [/^efficientnetv2_rw_/, "has other widths and depths than the EfficientNetV2 of the paper"],
  [/^(vit|deit|swin|beit|eva|cait)_/, "is a transformer"],
];

/** All names that `timmArchitecture` knows. */
export const timmNames: readonly string[] = [...architectures.keys()];

/**
 * What one of timm's architectures is called here, with the names of its tensors.
 *
 * @returns undefined for a name that timm's table here does not have.
 * @throws ArgumentError with the reason for a network that resembles one of ours and computes something else.
 */
export function timmArchitecture(name: string): TimmArchitecture | undefined {
  const known = architectures.get(name);
  const reason = known === undefined && refusals.find(([pattern]) => pattern.test(name))?.[1];
  if (reason) throw new ArgumentError(`timm's ${name} ${reason}`);
  return known;
}

/** How timm names the tensors of a network of the registry, if it has that. */
export function timmArchitectureOf(model: string): TimmArchitecture | undefined {
  return [...architectures.values()].find((architecture) => architecture.model === model);
}
