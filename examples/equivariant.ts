/** Makes a network whose logits no quarter turn or reflection changes, asserts that law, and exports it as an ordinary one. */
import assert from "node:assert/strict";
import {
  check,
  exportPlain,
  GroupBatchNorm2d,
  GroupConv2d,
  GroupMaxPool,
  groupNamed,
  LiftingConv2d,
} from "fovea/equivariant";
import { GlobalAvgPool, Linear, manualSeed, ReLU, Sequential } from "fovea/nn";
import { exportOnnx } from "fovea/onnx";

manualSeed(0);
const p4m = groupNamed("p4m");
const model = new Sequential(
  ...[new LiftingConv2d(p4m, 1, 4, 3, { padding: 1 }), new GroupBatchNorm2d(p4m, 4), new ReLU()],
  ...[new GroupConv2d(p4m, 4, 8, 3, { stride: 2, padding: 1 }), new GroupBatchNorm2d(p4m, 8), new ReLU()],
  ...[new GroupMaxPool(p4m), new GlobalAvgPool(), new Linear(8, 10)],
);

// (29 + 2·1 − 3) is even, so that the stride of 2 treats both borders alike; on 28×28 images forward would refuse.
const { holds, elements, relative } = await check(model, p4m, [1, 29, 29]);
for (const { name, absolute } of elements) console.log(`${name}: |f(g x) − f(x)| ≤ ${absolute}`);
assert(holds && relative < 1e-5, `a symmetry changes the logits by ${relative} of their size`);

const weight = model.namedParameters().get("3.weight")!;
console.log(`one filter of 3.weight [${weight.shape}] for all ${p4m.order} elements`);
const plain = exportPlain(model.eval());
const expanded = plain.namedParameters().get("3.weight")!;
console.log(
  `in the ordinary network [${expanded.shape}], ${(await exportOnnx(plain, [1, 1, 29, 29])).length} bytes of ONNX`,
);
assert.deepEqual(expanded.shape, [64, 32, 3, 3]);
assert((await check(plain, p4m, [1, 29, 29])).holds, "the ordinary network is as invariant");
