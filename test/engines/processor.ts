import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Whether the processor has 256-bit vectors with fused multiply-adds, where the system says so; else undefined. */
export function hasWideRegisters(): boolean | undefined {
  if (process.arch !== "x64") return false;
  const features = processorFeatures();
  return features && ["avx2", "fma"].every((feature) => features.includes(feature));
}

function processorFeatures(): readonly string[] | undefined {
  if (existsSync("/proc/cpuinfo")) {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(/\s+/);
  }
  if (process.platform !== "darwin") return undefined;
  const names = ["machdep.cpu.features", "machdep.cpu.leaf7_features"];
  return execFileSync("sysctl", ["-n", ...names], { encoding: "utf8" })
    .toLowerCase()
    .split(/\s+/);
}
