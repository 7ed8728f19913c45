import { defineConfig, type ViteUserConfig } from "vitest/config";
import { engineProjects } from "./test/engines/projects.ts";

const include = ["src/**/*.test.ts", "test/**/*.test.ts"];
// `npm test` sets one of these; by hand, `npx vitest run …` tests on this Node as it is.
const { FOVEA_OTHER_NODE: other, FOVEA_OTHER_NODE_MISSING: missing } = process.env;

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["source", "node", "import", "default"] } },
  test: {
    ...(other || missing ? { projects: engineProjects(include, other) } : { include }),
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
export default config;
