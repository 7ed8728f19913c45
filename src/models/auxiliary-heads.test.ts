import { expect, it } from "vitest";
import { Tensor } from "../core/tensor.ts";
import { GoogLeNet } from "./googlenet.ts";
import { InceptionV3 } from "./inception-v3.ts";

it.each([
  {
    name: "GoogLeNet",
    create: (auxiliary: boolean) => new GoogLeNet({ auxiliary, numClasses: 7 }),
    heads: 2,
    size: 224,
  },
  {
    name: "Inception v3",
    create: (auxiliary: boolean) => new InceptionV3({ auxiliary, numClasses: 7 }),
    heads: 1,
    size: 299,
  },
])("$name has auxiliary logits where asked for", ({ create, heads, size }) => {
  const x = Tensor.input({ shape: [2, 3, size, size], dtype: "float32" });
  const { logits, auxiliary } = create(true).forwardAll(x);
  expect(logits.shape).toEqual([2, 7]);
  expect(auxiliary.map(({ shape }) => shape)).toEqual(new Array(heads).fill([2, 7]));
  expect(create(false).forwardAll(x).auxiliary).toEqual([]);
  expect(create(true).forward(x).shape).toEqual([2, 7]);
});
