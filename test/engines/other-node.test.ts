import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const { FOVEA_OTHER_NODE: other, FOVEA_OTHER_NODE_MISSING: missing = "only npm test looks for one" } =
  process.env;

test.skipIf(!other)(
  `generated code is tested on another Node too${other ? "" : ` (skipped: ${missing})`}`,
  () => {
    const version = execFileSync(other!, ["--version"], { encoding: "utf8" });
    expect(version.split(".")[0]).not.toBe(process.version.split(".")[0]);
  },
);
