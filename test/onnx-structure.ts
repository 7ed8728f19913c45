import { expect } from "vitest";
import type { GraphProto } from "../src/onnx/format/messages.ts";

/** A value's extents: numbers, and names for those that are open. */
export function extents({ inputs, outputs, valueInfos }: GraphProto): Record<string, (number | string)[]> {
  return Object.fromEntries(
    [inputs, outputs, valueInfos]
      .flat()
      .map(({ name, type }) => [
        name!,
        type!.tensorType!.shape!.dims.map(({ value, param }) => value ?? param!),
      ]),
  );
}

/** Fails unless every value has one name and is there before it is used, and nothing is there for nothing. */
export function expectSound(graph: GraphProto): void {
  const known = new Set<string>();
  const used = new Set(graph.outputs.map(({ name }) => name!));
  const add = (name: string): void => {
    expect(known.has(name), `${name} is there twice`).toBe(false);
    expect(name).not.toBe("");
    known.add(name);
  };
  for (const { name } of [...graph.inputs, ...graph.initializers]) add(name!);
  for (const { name, inputs, outputs } of graph.nodes) {
    for (const input of inputs) {
      if (input !== "") expect(known.has(input), `${name} uses ${input} before it is there`).toBe(true);
      used.add(input);
    }
    outputs.forEach(add);
  }
  const inputs = new Set(graph.inputs.map(({ name }) => name!));
  expect([...known].filter((name) => !used.has(name) && !inputs.has(name))).toEqual([]);
  expect(graph.outputs.filter(({ name }) => !known.has(name!))).toEqual([]);
  expect(Object.keys(extents(graph)).filter((name) => !known.has(name))).toEqual([]);
}
