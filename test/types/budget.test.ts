import { describe, expect, test } from "vitest";
import { checkSource } from "./tsc.ts";

describe("the cost of shape types in instantiations, beyond that of the layers' declarations", () => {
  const declarations = checkSource("");

  test.each([
    { model: "VGG-16", source: vgg16(), budget: 40_000 },
    { model: "ResNet-50", source: resNet50(), budget: 70_000 },
  ])("$model stays within $budget", ({ source, budget }) => {
    const report = checkSource(source);
    expect(report.diagnostics).toEqual([]);
    const instantiations = report.instantiations - declarations.instantiations;
    expect(instantiations).toBeGreaterThan(10_000);
    expect(instantiations).toBeLessThan(budget);
    // 0.1 s on an idle machine; ten times that says that something is wrong even on a busy one.
    expect(report.checkSeconds - declarations.checkSeconds).toBeLessThan(1);
  });
});

/** Configuration D of Simonyan & Zisserman, "Very Deep Convolutional Networks" (2014), table 1. */
function vgg16(): string {
  const stages = [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ];
  let channels = 3;
  const features = stages.flatMap((stage) => [
    ...stage.flatMap((width) => {
      const layer = `new nn.Conv2d(${channels}, ${width}, 3, { padding: 1 })`;
      channels = width;
      return [layer, "new nn.ReLU()"];
    }),
    "new nn.MaxPool2d(2)",
  ]);
  const hidden = (inFeatures: number): string[] => [
    `new nn.Linear(${inFeatures}, 4096)`,
    "new nn.ReLU()",
    "new nn.Dropout()",
  ];
  return model([
    ...features,
    "new nn.Flatten()",
    ...hidden(25_088),
    ...hidden(4096),
    "new nn.Linear(4096, 1000)",
  ]);
}

/** The 50-layer column of He et al., "Deep Residual Learning for Image Recognition" (2015), table 1. */
function resNet50(): string {
  const stages = [
    { blocks: 3, width: 64, stride: 1 },
    { blocks: 4, width: 128, stride: 2 },
    { blocks: 6, width: 256, stride: 2 },
    { blocks: 3, width: 512, stride: 2 },
  ];
  let channels = 64;
  const body = stages.flatMap(({ blocks, width, stride: firstStride }) =>
    Array.from({ length: blocks }, (_, block) => {
      const stride = block === 0 ? firstStride : 1;
      const branch = sequential([
        ...convNorm(channels, width, 1, 1),
        "new nn.ReLU()",
        ...convNorm(width, width, 3, stride),
        "new nn.ReLU()",
        ...convNorm(width, 4 * width, 1, 1),
      ]);
      const shortcut = block === 0 ? `, ${sequential(convNorm(channels, 4 * width, 1, stride))}` : "";
      channels = 4 * width;
      return `new nn.Residual(${branch}${shortcut}), new nn.ReLU()`;
    }),
  );
  const stem = [...convNorm(3, 64, 7, 2), "new nn.ReLU()", "new nn.MaxPool2d(3, { stride: 2, padding: 1 })"];
  const head = ["new nn.AdaptiveAvgPool2d(1)", "new nn.Flatten()", "new nn.Linear(2048, 1000)"];
  return model([...stem, ...body, ...head]);
}

function convNorm(inChannels: number, outChannels: number, kernelSize: number, stride: number): string[] {
  const options = `{ stride: ${stride}, padding: ${(kernelSize - 1) / 2}, bias: false }`;
  return [
    `new nn.Conv2d(${inChannels}, ${outChannels}, ${kernelSize}, ${options})`,
    `new nn.BatchNorm2d(${outChannels})`,
  ];
}

function sequential(parts: readonly string[]): string {
  return `new nn.Sequential(${parts.join(", ")})`;
}

/** The annotation makes the compiler prove that 1000 classes come out. */
function model(layers: readonly string[]): string {
  return `export const model: nn.Sequential<[3, 224, 224], [1000]> = ${sequential(["[3, 224, 224]", ...layers])};`;
}
