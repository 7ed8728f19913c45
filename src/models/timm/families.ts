import { type RenameRule, stageAndBlock } from "./rename.ts";

/** How networks of one kind are named by torchvision, and so by us, and by timm. */
export interface TimmFamily {
  readonly rules: readonly RenameRule[];
  /** Variables of ours that timm keeps in another shape with the same elements. */
  readonly reshaped?: RegExp;
}

/** timm/models/resnet.py, densenet.py and inception_v3.py have torchvision's names. */
export const sameNames: TimmFamily = { rules: [] };

/** timm/models/vgg.py: the first two linear layers are convolutions. */
export const vgg: TimmFamily = {
  rules: [
    [/^classifier\.0\./, "pre_logits.fc1."],
    [/^classifier\.3\./, "pre_logits.fc2."],
    [/^classifier\.6\./, "head.fc."],
  ],
  reshaped: /^classifier\.[03]\.weight$/,
};

/** timm/models/convnext.py: of our features the even ones from 2 on are a stage's downsampling. */
export const convNext: TimmFamily = {
  rules: [
    [/^features\.0\./, "stem."],
    [
      /^features\.(\d*[13579])\.(\d+)\.layer_scale$/,
      (stage, block) => `${convNextBlock(stage, block)}.gamma`,
    ],
    [
      /^features\.(\d*[13579])\.(\d+)\.block\.0\./,
      (stage, block) => `${convNextBlock(stage, block)}.conv_dw.`,
    ],
    [/^features\.(\d*[13579])\.(\d+)\.block\.2\./, (stage, block) => `${convNextBlock(stage, block)}.norm.`],
    [
      /^features\.(\d*[13579])\.(\d+)\.block\.3\./,
      (stage, block) => `${convNextBlock(stage, block)}.mlp.fc1.`,
    ],
    [
      /^features\.(\d*[13579])\.(\d+)\.block\.5\./,
      (stage, block) => `${convNextBlock(stage, block)}.mlp.fc2.`,
    ],
    [/^features\.(\d+)\./, (stage) => `stages.${Number(stage) / 2}.downsample.`],
    [/^classifier\.0\./, "head.norm."],
    [/^classifier\.2\./, "head.fc."],
  ],
  reshaped: /\.layer_scale$/,
};

function convNextBlock(stage = "", block = ""): string {
  return `stages.${(Number(stage) - 1) / 2}.blocks.${block}`;
}

/** timm/models/regnet.py. */
export const regNet: TimmFamily = {
  rules: [
    [/^stem\.0\./, "stem.conv."],
    [/^stem\.1\./, "stem.bn."],
    [/^trunk_output\.block\d+\.block(\d+)-(\d+)\.f\.(a|b|c)\.0\./, (...at) => `${regNetConv(...at)}.conv.`],
    [/^trunk_output\.block\d+\.block(\d+)-(\d+)\.f\.(a|b|c)\.1\./, (...at) => `${regNetConv(...at)}.bn.`],
    [/^trunk_output\.block\d+\.block(\d+)-(\d+)\.f\.se\./, (...at) => `${regNetBlock(...at)}.se.`],
    [
      /^trunk_output\.block\d+\.block(\d+)-(\d+)\.proj\.0\./,
      (...at) => `${regNetBlock(...at)}.downsample.conv.`,
    ],
    [
      /^trunk_output\.block\d+\.block(\d+)-(\d+)\.proj\.1\./,
      (...at) => `${regNetBlock(...at)}.downsample.bn.`,
    ],
    [/^fc\./, "head.fc."],
  ],
};

function regNetBlock(stage = "", block = ""): string {
  return `s${stage}.b${Number(block) + 1}`;
}

function regNetConv(stage = "", block = "", branch = ""): string {
  return `${regNetBlock(stage, block)}.conv${"abc".indexOf(branch) + 1}`;
}

/** The ends of all networks that timm builds in efficientnet.py and mobilenetv3.py. */
const stem: readonly RenameRule[] = [
  [/^features\.0\.0\./, "conv_stem."],
  [/^features\.0\.1\./, "bn1."],
];
const classifier: RenameRule = [/^classifier\.1\./, "classifier."];

/** timm/models/efficientnet.py, MobileNetV2. */
export const mobileNetV2: TimmFamily = {
  rules: [
    ...stem,
    [/^features\.18\.0\./, "conv_head."],
    [/^features\.18\.1\./, "bn2."],
    [/^features\.1\.conv\.(0\.0|0\.1|1|2)\./, (part) => `blocks.0.0.${depthwiseSeparable[part!]}.`],
    [
      /^features\.(\d+)\.conv\.(0\.0|0\.1|1\.0|1\.1|2|3)\./,
      (index, part) => `blocks.${stageAndBlock(index!, [1, 2, 3, 4, 3, 3, 1])}.${invertedResidual[part!]}.`,
    ],
    classifier,
  ],
};

/** Parts of MobileNetV2's blocks without and with an expansion. */
const depthwiseSeparable: Readonly<Record<string, string>> = {
  "0.0": "conv_dw",
  "0.1": "bn1",
  1: "conv_pw",
  2: "bn2",
};
const invertedResidual: Readonly<Record<string, string>> = {
  "0.0": "conv_pw",
  "0.1": "bn1",
  "1.0": "conv_dw",
  "1.1": "bn2",
  2: "conv_pwl",
  3: "bn3",
};

/** timm/models/efficientnet.py, MNASNet. */
export const mnasNet: TimmFamily = {
  rules: [
    [/^layers\.0\./, "conv_stem."],
    [/^layers\.1\./, "bn1."],
    [/^layers\.3\./, "blocks.0.0.conv_dw."],
    [/^layers\.4\./, "blocks.0.0.bn1."],
    [/^layers\.6\./, "blocks.0.0.conv_pw."],
    [/^layers\.7\./, "blocks.0.0.bn2."],
    [/^layers\.14\./, "conv_head."],
    [/^layers\.15\./, "bn2."],
    [
      /^layers\.(\d+)\.(\d+)\.layers\.(\d)\./,
      (stage, block, part) => `blocks.${Number(stage) - 7}.${block}.${mnasNetParts[Number(part)]}.`,
    ],
    classifier,
  ],
};

/** Activations stand at 2 and 5. */
const mnasNetParts = ["conv_pw", "bn1", "", "conv_dw", "bn2", "", "conv_pwl", "bn3"];

/**
 * Blocks of torchvision's MobileNetV3 and EfficientNet: a list of convolutions with normalization, where squeeze and
 * excitation may stand before the last. `first` are those without an expansion.
 */
function mobileBlocks(first: RegExp, any: RegExp, place: (...groups: string[]) => string): RenameRule[] {
  const rules = (blocks: RegExp, parts: readonly (readonly [string, string])[]): RenameRule[] =>
    parts.map(([part, timm]) => [
      new RegExp(`${blocks.source}\\.block\\.${part}\\.`),
      (...groups) => `blocks.${place(...groups)}.${timm}.`,
    ]);
  return [
    ...rules(first, [
      ["0\\.0", "conv_dw"],
      ["0\\.1", "bn1"],
      ["1\\.fc1", "se.conv_reduce"],
      ["1\\.fc2", "se.conv_expand"],
      ["[12]\\.0", "conv_pw"],
      ["[12]\\.1", "bn2"],
    ]),
    ...rules(any, [
      ["0\\.0", "conv_pw"],
      ["0\\.1", "bn1"],
      ["1\\.0", "conv_dw"],
      ["1\\.1", "bn2"],
      ["2\\.fc1", "se.conv_reduce"],
      ["2\\.fc2", "se.conv_expand"],
      ["[23]\\.0", "conv_pwl"],
      ["[23]\\.1", "bn3"],
    ]),
  ];
}

/** timm/models/efficientnet.py, EfficientNet-B0 to B7. */
export const efficientNet: TimmFamily = {
  rules: [
    ...stem,
    [/^features\.8\.0\./, "conv_head."],
    [/^features\.8\.1\./, "bn2."],
    ...mobileBlocks(
      /^features\.(1)\.(\d+)/,
      /^features\.(\d+)\.(\d+)/,
      (stage, block) => `${Number(stage) - 1}.${block}`,
    ),
    classifier,
  ],
};

/** timm/models/mobilenetv3.py: the last convolution of the features is a stage, and the first linear layer a convolution. */
export function mobileNetV3(repeats: readonly number[]): TimmFamily {
  const blocks = repeats.reduce((sum, count) => sum + count, 0);
  return {
    rules: [
      ...stem,
      [new RegExp(`^features\\.${blocks + 1}\\.0\\.`), `blocks.${repeats.length}.0.conv.`],
      [new RegExp(`^features\\.${blocks + 1}\\.1\\.`), `blocks.${repeats.length}.0.bn1.`],
      ...mobileBlocks(/^features\.(1)/, /^features\.(\d+)/, (index) => stageAndBlock(index!, repeats)),
      [/^classifier\.0\./, "conv_head."],
      [/^classifier\.3\./, "classifier."],
    ],
    reshaped: /^classifier\.0\.weight$/,
  };
}
