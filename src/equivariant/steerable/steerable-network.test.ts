import { expect, test } from "vitest";
import "../../default-backend.ts";
import { expectSameInRuntime, randomize } from "../../../test/onnx-networks.ts";
import { reference } from "../../backend/reference/reference.ts";
import { manualSeed } from "../../nn/random.ts";
import { Sequential } from "../../nn/sequential.ts";
import { Generator } from "../../ops/generator.ts";
import { uniform } from "../../ops/random.ts";
import { check } from "../check.ts";
import { differenceOf } from "../difference.ts";
import { exportPlain, isEquivariant } from "../export-plain.ts";
import { dihedralGroup } from "../group.ts";
import { AntialiasedPool2d } from "./antialiased-pool2d.ts";
import { FieldMaxPool } from "./field-pool.ts";
import { FieldReLU } from "./field-relu.ts";
import { FieldType } from "./field-type.ts";
import { GatedNonlinearity } from "./gated-nonlinearity.ts";
import { InnerBatchNorm } from "./inner-batch-norm.ts";
import { irrep } from "./irreps.ts";
import { MaskDisc } from "./mask-disc.ts";
import { NormBatchNorm } from "./norm-batch-norm.ts";
import { NormReLU } from "./norm-relu.ts";
import { trivial } from "./representation.ts";
import { SteerableConv2d } from "./steerable-conv2d.ts";

const d8 = dihedralGroup(8);

/** Every kind of layer, from images of two colours to scalar fields. */
function network(): Sequential {
  manualSeed(1);
  const image = FieldType.trivial(d8, 2);
  const mixed = new FieldType([trivial(d8), irrep(d8, "E1"), irrep(d8, "E2"), irrep(d8, "E1")]);
  const fields = FieldType.regular(d8, 2);
  const gated = new GatedNonlinearity(mixed);
  const model = new Sequential(
    new MaskDisc(),
    new SteerableConv2d(image, gated.inType, 3, { padding: 1 }),
    gated,
    new NormBatchNorm(mixed),
    new SteerableConv2d(mixed, mixed, 3),
    new NormReLU(mixed),
    new AntialiasedPool2d(mixed, { kernelSize: 3 }),
    new SteerableConv2d(mixed, fields, 3, { padding: 1 }),
    new InnerBatchNorm(fields),
    new FieldReLU(fields),
    new FieldMaxPool(fields),
  );
  randomize(model, 2);
  return model as unknown as Sequential;
}

const shape = [2, 2, 9, 9];

test("a network of all layers obeys the law of D4", async () => {
  const model = network();
  const exactly = await check(model, dihedralGroup(4), shape.slice(1), { backend: reference });
  expect(exactly.outputShape).toEqual([2, 2, 4, 4]);
  expect(exactly.relative).toBeLessThan(1e-12);
  const single = await check(model, dihedralGroup(4), shape.slice(1));
  expect(single.relative).toBeLessThan(1e-5);
});

test("it becomes an ordinary one with the same outputs", async () => {
  const model = network().eval();
  const x = uniform(shape, { generator: new Generator(3) });
  const before = await model.forward(x).data();
  const plain = exportPlain(model);
  expect(isEquivariant(plain)).toBe(false);
  expect(differenceOf(await plain.forward(x).data(), before).relative).toBeLessThan(1e-6);
});

test.each([false, true])("onnxruntime computes what it does (made ordinary before: %s)", async (made) => {
  const model = network();
  await expectSameInRuntime(made ? exportPlain(model) : model, [{ shape }], {
    allowed: { relative: 1e-4, absolute: 1e-5 },
  });
});
