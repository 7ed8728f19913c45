import { describe, expect, test } from "vitest";
import { FileError } from "../core/errors.ts";
import { Dataset } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import { parseArguments } from "./arguments.ts";
import { trainViewOf } from "./augmentation.ts";
import { imageFormOf, preprocessingFor } from "./image-form.ts";
import { loadData } from "./load-data.ts";
import { readRunConfig, type TrainedConfig, writeRunConfig } from "./run-config.ts";
import { makeOptimizer, makeSchedule, planTraining } from "./training-plan.ts";
import { completeSettings, settingOptions, type TrainingSettings } from "./training-settings.ts";

function settingsOf(...args: string[]): TrainingSettings {
  return completeSettings(parseArguments(args, settingOptions, { name: "", least: 0, most: 0 }).values);
}

const smallImages = Dataset.fromArrays({
  images: new Uint8Array(16),
  labels: new Int32Array(4),
  imageShape: [1, 2, 2],
  classes: ["a", "b"],
});
const smallData = { train: smallImages, test: smallImages };
const photographs = {
  preprocessing: preprocessingFor({
    shape: [3, 8, 8],
    classes: [],
    normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  }),
};

describe("settings", () => {
  test("have defaults that depend on data and optimizer", () => {
    expect(settingsOf()).toMatchObject({
      model: "lenet5",
      data: "digits",
      epochs: 3,
      limit: 20_000,
      lr: 0.05,
      momentum: 0.9,
    });
    expect(settingsOf("--data", "mnist", "--optimizer", "adamw")).toMatchObject({
      epochs: 5,
      limit: undefined,
      lr: 0.001,
      momentum: undefined,
      weightDecay: 0.01,
    });
    expect(settingsOf("--epochs", "7", "--lr", "0.3", "--limit", "10")).toMatchObject({
      epochs: 7,
      lr: 0.3,
      limit: 10,
    });
  });

  test.each([
    [
      ["--optimizer", "adam", "--momentum", "0.5"],
      "--momentum belongs to --optimizer sgd or rmsprop, not adam",
    ],
    [["--schedule", "step", "--warmup", "1"], "--warmup belongs to --schedule one-cycle or cosine, not step"],
    [["--epochs", "2", "--warmup", "2"], "--warmup must be greater than 0 and less than the 2 epochs"],
    [["--warmup", "0"], "--warmup must be greater than 0"],
    [["--model", "unet"], "--model unet is a network for segmentation, but fovea train trains to classify"],
    [["--freeze"], "--freeze keeps parameters that were trained: it needs --pretrained"],
    [["--freeze-epochs", "2"], "--freeze-epochs keeps parameters"],
    [["--pretrained", "x", "--freeze", "--freeze-epochs", "2"], "leave one out"],
    [["--jitter", "1,1,1"], "--jitter must be 4 numbers with commas between, one from 0 to 10"],
    [["--jitter", "1,1,1,0.6"], "one from 0 to 0.5, but is"],
    [["--randaugment", "2.5,9"], "--randaugment must be 2 numbers with commas between, an integer from 1"],
    [["--erasing", "1.5"], '--erasing must be a number from 0 to 1, but is "1.5"'],
    [["--augment", "lots"], "--augment must be none, light, standard or randaugment"],
  ])("%j do not go together", (args, message) => {
    expect(() => settingsOf(...args)).toThrow(message);
  });

  test("make the optimizer and the schedule that they name", () => {
    for (const optimizer of ["sgd", "adam", "adamw", "rmsprop"] as const) {
      const made = makeOptimizer(settingsOf("--optimizer", optimizer, "--lr", "0.125"));
      expect(made.constructor.name.toLowerCase()).toBe(optimizer);
      expect(made.lr).toBe(0.125);
    }
    expect(makeSchedule(settingsOf("--schedule", "step", "--epochs", "6"))).toEqual({
      kind: "step",
      every: 2,
    });
    expect(makeSchedule(settingsOf("--schedule", "constant"))).toEqual({ kind: "constant" });
    expect(makeSchedule(settingsOf("--schedule", "cosine", "--warmup", "1"))).toEqual({
      kind: "cosine",
      warmup: 1,
    });
    expect(makeSchedule(settingsOf("--epochs", "4", "--warmup", "1"))).toEqual({
      kind: "oneCycle",
      rise: 0.25,
    });
  });

  test("name no source, or one", () => {
    expect(settingsOf("--pretrained", "--epochs", "1")).toMatchObject({ pretrained: "published", epochs: 1 });
    expect(settingsOf("--pretrained").pretrained).toBe("published");
    const settings = settingsOf("--pretrained", "x.safetensors", "--freeze");
    expect(settings).toMatchObject({ pretrained: "x.safetensors", freeze: true, lr: 0.01 });
    expect(settingsOf("--pretrained=runs/x", "--lr", "0.5")).toMatchObject({ pretrained: "runs/x", lr: 0.5 });
  });

  test("give the last layer a learning rate and freeze the others", () => {
    const settings = settingsOf("--pretrained", "x", "--head-lr", "0.1", "--freeze-epochs", "2");
    const optimizer = makeOptimizer(settings);
    expect(optimizer.lr).toBe(0.01);
    const { freeze } = planTraining(settings, smallData, imageFormOf(smallImages));
    expect(freeze!.epochs).toBe(2);
    expect(["", "0", "11", "11.weight", "110"].map((path) => freeze!.where(path))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  test("say how images change", () => {
    const planned = (...args: string[]) =>
      planTraining(settingsOf("--data", "photos", ...args), smallData, imageFormOf(smallImages));
    expect(planned().transform).toBeUndefined();
    expect(planned().mix).toBeUndefined();
    for (const args of [
      ["--augment", "light"],
      ["--augment", "randaugment"],
      ["--jitter", "0.1,0,0,0"],
      ["--randaugment", "1,3"],
      ["--erasing", "0.5"],
    ]) {
      expect(planned(...args).transform).toBeTypeOf("function");
    }
    expect(planned("--mixup", "0.2", "--cutmix", "1").mix).toBeTypeOf("function");
    const seen = (settings: TrainingSettings) => trainViewOf(settings, photographs.preprocessing);
    expect(seen(settingsOf("--shift", "2"))).toBeUndefined();
    expect(seen(settingsOf("--augment", "standard"))).toBeTypeOf("function");
  });

  test("mirror what has no hands", () => {
    const turned = (data: string): boolean => {
      const { transform } = planTraining(
        settingsOf("--augment", "light", "--data", data),
        smallData,
        imageFormOf(smallImages, photographs.preprocessing),
      );
      return Array.from({ length: 20 }, (_, seed) => {
        const image = Uint8Array.of(1, 2, 3, 4);
        transform?.(
          { image, imageShape: [1, 2, 2], target: new Int32Array(1), targetShape: [] },
          new Random(seed),
        );
        return image.join() === "2,1,4,3";
      }).includes(true);
    };
    expect(turned("photos")).toBe(true);
    expect(turned("fashion-mnist")).toBe(true);
    expect(turned("mnist")).toBe(false);
  });

  test("hold out a tenth of the images for early stopping", async () => {
    const settings = settingsOf("--patience", "2", "--limit", "50", "--test-limit", "10", "--shift", "2");
    const data = await loadData(settings, { photographs });
    expect([data.train.length, data.test.length]).toEqual([50, 10]);
    const plan = planTraining(settings, data, imageFormOf(data.train));
    expect([plan.train.length, plan.validation?.length, plan.test?.length]).toEqual([45, 5, 10]);
    expect(plan.earlyStopping).toEqual({ patience: 2 });
    expect(plan.transform).toBeTypeOf("function");
    expect(planTraining(settingsOf(), data, imageFormOf(data.train)).transform).toBeUndefined();
  });
});

describe("data", () => {
  test("to train with and to test with differ, and each epoch shows others", async () => {
    const { train, test: judged } = await loadData(
      { data: "digits", limit: 5, testLimit: 5 },
      { photographs },
    );
    const first = await train.sample(0);
    expect((await judged.sample(0)).pixels).not.toEqual(first.pixels);
    expect((await train.sample(0, 1)).pixels).not.toEqual(first.pixels);
    expect((await judged.sample(0, 1)).pixels).toEqual((await judged.sample(0)).pixels);
  });

  test("must exist", async () => {
    await expect(loadData({ data: "digts" }, { photographs })).rejects.toThrow(
      '--data must be digits, mnist, fashion-mnist, cifar10 or a folder, and there is no folder "digts"; did you mean digits?',
    );
  });
});

describe("a run's configuration", () => {
  const config: TrainedConfig = {
    settings: settingsOf(
      ...["--data", "photos", "--clip-norm", "1.5", "--seed", "3", "--pretrained", "x", "--freeze"],
      ...["--jitter", "0.4,0.4,0.4,0.1", "--randaugment", "2,9", "--mixup", "0.2"],
    ),
    images: {
      shape: [1, 28, 28],
      classes: ["a", "b"],
      normalization: { mean: [0.1], std: [0.3] },
      photographs: { resize: 32, interpolation: "bicubic", cropMode: "center" },
    },
    batchNormEps: 1e-3,
  };
  const written = (): Record<string, never> => JSON.parse(JSON.stringify(writeRunConfig(config)));

  test("comes back from JSON as it was", () => {
    expect(readRunConfig(written(), "config.json")).toEqual(config);
  });

  const broken: readonly (readonly [string, (json: Record<string, never>) => unknown])[] = [
    ["is no configuration of a run", (json) => ({ ...json, format: "other" })],
    ["settings is no record", (json) => ({ ...json, settings: [] })],
    ["images is no record", (json) => ({ ...json, images: null })],
    [
      'settings: epochs must be an integer from 1 to 1000000, but is "-1"',
      (json) => ({ ...json, settings: { ...(json["settings"] as object), epochs: -1 } }),
    ],
    [
      "settings: lr must be a text or a number",
      (json) => ({ ...json, settings: { ...(json["settings"] as object), lr: [1] } }),
    ],
    [
      'settings: there is no setting "colour"',
      (json) => ({ ...json, settings: { ...(json["settings"] as object), colour: 1 } }),
    ],
    [
      "images.shape is no",
      (json) => ({ ...json, images: { ...(json["images"] as object), shape: [1, 28] } }),
    ],
    ["images.classes is no", (json) => ({ ...json, images: { ...(json["images"] as object), classes: [] } })],
    [
      "images.normalization has no",
      (json) => ({ ...json, images: { ...(json["images"] as object), normalization: 1 } }),
    ],
    ["batchNormEps is no positive number", (json) => ({ ...json, batchNormEps: 0 })],
    [
      "images.photographs has no valid resize",
      (json) => ({ ...json, images: { ...(json["images"] as object), photographs: { resize: 3 } } }),
    ],
    [
      "settings: freeze must be true or false",
      (json) => ({ ...json, settings: { ...(json["settings"] as object), freeze: "no" } }),
    ],
    [
      "images: normalization needs finite means and positive",
      (json) => ({
        ...json,
        images: { ...(json["images"] as object), normalization: { mean: [0], std: [0] } },
      }),
    ],
  ];
  test.each(broken)("with %s names the file", (message, change) => {
    const read = (): unknown => readRunConfig(change(written()) as never, "runs/x/config.json");
    expect(read).toThrow(FileError);
    expect(read).toThrow(`runs/x/config.json: ${message}`);
  });
});
