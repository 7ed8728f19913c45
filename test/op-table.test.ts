import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import type { Backend } from "../src/core/backend.ts";
import { isFloating } from "../src/core/dtype.ts";
import { type AnyOp, allOps, apply } from "../src/core/op.ts";
import { ones } from "../src/ops/like.ts";
import { drawExample } from "./conformance-tools.ts";
import "../src/index.ts";

const backends: readonly Backend[] = [reference, wasm];

type Cell = "yes" | "none" | "HOLE";

/** Whether an op runs on a backend: "none" where it has no gradient by its nature. */
async function cell(op: AnyOp, backend: Backend, direction: "forward" | "gradient"): Promise<Cell> {
  const { inputs, output } = drawExample(op, 1, "float32");
  const wrt = inputs.filter((t) => isFloating(t.dtype));
  if (direction === "gradient" && (op.differentiable === false || wrt.length === 0)) return "none";
  const fresh = apply(op, inputs, output.source.kind === "node" ? output.source.attrs : {});
  const results = direction === "forward" ? [fresh] : gradients(fresh, wrt, ones(fresh.shape, fresh.dtype));
  try {
    await evaluate(results, backend);
    return "yes";
  } catch {
    return "HOLE";
  }
}

describe("the table op × backend × direction", () => {
  test("has no hole, and docs/ops.md shows it", async () => {
    const header = backends.flatMap(({ name }) => [`${name}, forward`, `${name}, gradient`]);
    const rows: string[] = [];
    for (const op of [...allOps()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const cells: Cell[] = [];
      for (const backend of backends) {
        cells.push(await cell(op, backend, "forward"), await cell(op, backend, "gradient"));
      }
      const made = op.decompose ? "of other ops" : "kernel";
      rows.push(`| ${op.name} | ${made} | ${cells.join(" | ")} |`);
    }
    const table = [
      "# Operations",
      "",
      "Every operation on every backend, as the tests find it; `none` marks functions that are constant almost",
      "everywhere or have no real operands. Made by `npx vitest run test/op-table.test.ts -u`.",
      "",
      `| op | made as | ${header.join(" | ")} |`,
      `| --- | --- | ${header.map(() => "---").join(" | ")} |`,
      ...rows,
      "",
    ].join("\n");
    console.log(table);
    expect(table).not.toContain("HOLE");
    await expect(table).toMatchFileSnapshot("../docs/ops.md");
  });
});
