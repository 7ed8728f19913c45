import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { slow } from "../../../test/agreement.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { tensor } from "../../core/tensor.ts";
import { centerView, normalizeBytes } from "../../data/preprocess.ts";
import "../../index.ts";
import { decodeImage } from "../../io/decode-image.ts";
import { importOnnx } from "../../onnx/import/import-onnx.ts";
import { attributeTo } from "./attribute.ts";
import { faithfulness, randomMap } from "./faithfulness.ts";
import { sanityCheck } from "./sanity-check.ts";
import expected from "./squeezenet-maps.json" with { type: "json" };
import { type Subject, subjectOf } from "./subject.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const photograph = join(data, "imagenet/images/n02123597_Siamese_cat.JPEG");
const network = join(data, "weights/squeezenet1.1/SqueezeNet_fp16.onnx");
const absent = [photograph, network].filter((file) => !existsSync(file));

/** Blue, green and red from 0 to 255, less their means. */
const normalization = {
  mean: [104, 117, 123].map((mean) => mean / 255),
  std: [1, 1, 1].map((one) => one / 255),
};

async function siameseCat(): Promise<Subject> {
  const view = centerView({
    ...{ inputSize: [3, 224, 224], resize: 256, interpolation: "bilinear", cropMode: "center" },
    ...normalization,
  });
  const planes = view(await decodeImage(readFileSync(photograph), photograph), undefined);
  const reversed = [2, 1, 0].flatMap((c) => [...planes.subarray(c * 50_176, (c + 1) * 50_176)]);
  const image = tensor(normalizeBytes(Uint8Array.from(reversed), normalization), { shape: [3, 224, 224] });
  return subjectOf(importOnnx(readFileSync(network), { name: network }), image);
}

/** Means over squares of 16 × 16. */
function pooled(values: ArrayLike<number>): Float64Array {
  const means = new Float64Array(196);
  for (let i = 0; i < values.length; i++) {
    means[Math.floor(i / 224 / 16) * 14 + Math.floor((i % 224) / 16)]! += values[i]! / 256;
  }
  return means;
}

describe.skipIf(absent.length > 0)(
  `SqueezeNet 1.1 on a photograph${absent.map((file) => `, skipped without ${file}`)}`,
  () => {
    /** squeezenet-maps.json: the file's weights in a network of PyTorch 2.13, in float64. */
    test("maps are those of an independent program", async () => {
      const subject = await siameseCat();
      expect(subject.class).toBe(284);
      expect(subject.score).toBeCloseTo(25.31157508, 4);
      const methods = ["gradient", "gradient-x-input", "guided-backprop"] as const;
      for (const method of slow ? ([...methods, "integrated-gradients"] as const) : methods) {
        const { values } = await attributeTo(subject, method);
        expect(compareArrays(pooled(values), expected[method], tolerance.model), method).toBeUndefined();
      }
      for (const [method, layer] of [["grad-cam"], ["grad-cam++", "fire9/concat_1"]] as const) {
        const { coarse } = await attributeTo(subject, method, layer === undefined ? {} : { layer });
        expect(compareArrays(coarse!.values, expected[method], tolerance.model), method).toBeUndefined();
      }
    });

    test.skipIf(!slow)(
      "Grad-CAM finds what matters; guided backpropagation hardly looks at the last layers",
      async () => {
        const subject = await siameseCat();
        const { values } = await attributeTo(subject, "grad-cam");
        const found = await faithfulness(subject, values, { steps: 8 });
        const random = await faithfulness(subject, randomMap(subject, 0), { steps: 8 });
        expect(found.insertion.auc).toBeGreaterThan(random.insertion.auc + 0.2);
        const { steps } = await sanityCheck(subject.model, subject.image, ["grad-cam", "guided-backprop"], {
          ...{ mode: "independent", most: 1 },
        });
        expect(steps.map(({ layer }) => layer)).toEqual(["conv10_w_0", "conv10_w_0"]);
        expect(steps[1]!.rankCorrelation).toBeGreaterThan(0.9);
        expect(steps[0]!.rankCorrelation).toBeLessThan(0.5);
      },
    );
  },
);
