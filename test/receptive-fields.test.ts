import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type LayerField, receptiveField } from "../src/analyze/receptive-field.ts";
import { listModels } from "../src/models/index.ts";
import type { ModelEntry } from "../src/models/model-entry.ts";

interface Known {
  readonly rf: number;
  readonly rf_w: number;
  readonly stride: number;
  readonly pad: number;
}

const shared = process.env["FOVEA_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const file = join(shared, "reference/receptive_fields.json");
const known = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as { readonly models: Readonly<Record<string, Known>> }).models
  : undefined;

/** The last layer before everything becomes one place. */
function lastSpatial({ create, inputShape }: ModelEntry): LayerField | undefined {
  return receptiveField(create(), inputShape).findLast(
    ({ axes }) => axes.length > 0 && axes.every(({ outputs }) => outputs > 1),
  );
}

/** Networks that the known ones do not stand for. */
const others =
  "lenet5 lenet5_1998 cifar_resnet20 mobilenet_v1 mobilenet_v3_large efficientnet_b0 xception fcn_resnet50 unet wavenet";

const shown = new Set([...Object.keys(known ?? {}), ...others.split(" ")]);
const found = new Map(
  listModels()
    .filter(({ name }) => shown.has(name))
    .map((entry) => [entry.name, { entry, layer: lastSpatial(entry) }]),
);

describe.skipIf(!known)("known receptive fields (skipped where ../shared/reference is absent)", () => {
  test.each(Object.entries(known ?? {}))("%s", (name, { rf, rf_w, stride, pad }) => {
    const axes = found.get(name)!.layer!.axes;
    expect(axes.map(({ size }) => size)).toEqual([rf, rf_w]);
    expect(axes.map((axis) => [axis.stride, axis.pad])).toEqual([
      [stride, pad],
      [stride, pad],
    ]);
  });

  test("docs/receptive-fields.md shows them", async () => {
    const rows = [...found].flatMap(([name, { entry, layer }]) => {
      if (!layer) return [];
      const [height, width] = layer.axes;
      const each = (text: (axis: NonNullable<typeof height>) => string | number): string => {
        const [first, second] = [height!, width ?? height!].map((axis) => String(text(axis)));
        return first === second ? first! : `${first}×${second}`;
      };
      const reference = known![name];
      const equal =
        reference &&
        height!.size === reference.rf &&
        width!.size === reference.rf_w &&
        [height!, width!].every((axis) => axis.stride === reference.stride && axis.pad === reference.pad);
      const local = layer.axes.every((axis) => axis.stride !== 0);
      const cells = [
        name,
        entry.inputShape.join("×"),
        layer.name === "" ? "(output)" : layer.name,
        local ? each((axis) => axis.size) : "all",
        local ? each((axis) => axis.stride) : "",
        local ? each((axis) => axis.pad) : "",
        each((axis) => axis.least),
        equal === undefined ? "" : equal ? "yes" : "NO",
      ];
      return [`| ${cells.join(" | ")} |`];
    });
    const page = [
      "# Receptive fields",
      "",
      "The theoretical receptive field of the last layer with more than one place:",
      "size, stride (how far the field moves from one place to the next) and pad (how far the field of the first place",
      "reaches before the image), and the size through the narrowest way, such as all shortcuts. `all`: a gate (squeeze and",
      "excitation) has seen the whole image. The last column says whether size, stride and pad are those of an independent",
      "count by interval propagation on torchvision's networks, where there is one. Made by",
      "`npx vitest run test/receptive-fields.test.ts -u`; `npx fovea receptive-field MODEL` shows every layer, and with",
      "`--effective` which of the pixels in the field decide: [an experiment](lab/receptive-field/README.md).",
      "",
      "| network | input | layer | size | stride | pad | narrowest way | equal |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
    expect(page).not.toContain("| NO |");
    await expect(page).toMatchFileSnapshot("../docs/receptive-fields.md");
  });
});
