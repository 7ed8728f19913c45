import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "./options.ts";

const items = ["resnet18", "resnet50", "resnet18-b16", "vgg16"].map((name) => ({ name }));
const namesOf = (...beginnings: string[]) => chosen(items, beginnings, "benchmark").map(({ name }) => name);

test("chosen takes a whole name for that item alone, and a beginning for all that have it", () => {
  deepEqual(namesOf("resnet18"), ["resnet18"]);
  deepEqual(namesOf("ResNet"), ["resnet18", "resnet50", "resnet18-b16"]);
  deepEqual(namesOf("vgg", "resnet18-"), ["resnet18-b16", "vgg16"]);
  deepEqual(chosen(items, undefined, "benchmark"), items);
});

test("chosen lists what there is when nothing has the beginning", () => {
  throws(() => namesOf("alexnet"), /there is no benchmark alexnet, but resnet18, resnet50/);
});
