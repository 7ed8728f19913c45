import type { Backend, KernelInfo, Program, ProgramInput } from "../../core/backend.ts";
import { allocate, bytesPerElement, type DType, type TypedArray } from "../../core/dtype.ts";
import type { Graph } from "../../core/graph.ts";
import { opNamed, type RefArray } from "../../core/op.ts";
import { type KernelTime, type PhaseTime, Profile } from "../../core/profile.ts";
import { sizeOf } from "../../core/shape.ts";
import { HostStorage, type Storage } from "../../core/storage.ts";

/** Runs every op's own reference loop in float64, whatever the element type: slow, and what the others must equal. */
export const reference: Backend = {
  name: "reference",
  compile: (graph) => new ReferenceProgram(graph),
};

class ReferenceProgram implements Program {
  readonly graph: Graph;
  readonly compilation: readonly PhaseTime[] = [];
  readonly #profile: Profile = new Profile();

  constructor(graph: Graph) {
    this.graph = graph;
  }

  async run(inputs: readonly ProgramInput[]): Promise<Storage[]> {
    const values: RefArray[] = [];
    let next = 0;
    let kernel = 0;
    this.#profile.beginRun();
    for (const { op, inputs: operands, attrs, shape, dtype } of this.graph.nodes) {
      if (op === "input") {
        values.push({ shape, dtype, data: Float64Array.from(inputs[next++]!.storage.read()) });
        continue;
      }
      this.#profile.time(kernel++, () => {
        const out: RefArray = { shape, dtype, data: new Float64Array(sizeOf(shape)) };
        opNamed(op).reference(
          operands.map((operand) => values[operand]!),
          attrs,
          out,
        );
        values.push(out);
      });
    }
    return this.graph.outputs.map(({ node }) => toStorage(values[node]!));
  }

  describe(): KernelInfo[] {
    const kernels = this.graph.nodes.filter(({ op }) => op !== "input");
    const times = this.#profile.summary(kernels.length);
    return kernels.map(({ op, inputs, shape, dtype }, i) => ({
      name: op,
      kind: "reference",
      algorithm: "reference",
      tile: undefined,
      ahead: false,
      shape,
      macs: 0,
      bytes: [{ shape, dtype }, ...inputs.map((input) => this.graph.nodes[input]!)]
        .map((spec) => sizeOf(spec.shape) * bytesPerElement(spec.dtype))
        .reduce((a, b) => a + b),
      ...times[i]!,
    }));
  }

  profile(on: boolean): void {
    this.#profile.switch(on);
  }

  kernelTimes(): readonly KernelTime[] {
    return this.#profile.times;
  }
}

function toStorage({ data, dtype }: RefArray): Storage {
  return new HostStorage(narrow(data, dtype), dtype);
}

function narrow(data: Float64Array, dtype: DType): TypedArray {
  if (dtype === "float64") return data;
  const array = allocate(dtype, data.length);
  array.set(data);
  return array;
}
