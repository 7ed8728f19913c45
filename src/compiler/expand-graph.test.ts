import { expect, it } from "vitest";
import { wasm } from "../backend/wasm/wasm.ts";
import { tensor } from "../core/tensor.ts";
import { adaptiveAvgPool1d } from "../ops/adaptive-pool.ts";
import { evaluate } from "./runtime.ts";

// This file imports no other ops, so that what the expansion itself needs is missing here if it does not import it.
it("keeps a decomposition's tables as constants, whichever ops a program imports", async () => {
  const y = adaptiveAvgPool1d(tensor([[[1, 2, 3, 4, 5]]]), 2);
  await evaluate([y], wasm);
  expect([...(await y.data())]).toEqual([2, 4]);
});
