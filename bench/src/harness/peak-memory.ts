import { existsSync, readFileSync } from "node:fs";
import { resourceUsage } from "node:process";

/** The largest resident set that this process has had. */
export function peakBytes(): number {
  // On Linux getrusage's maximum includes that of the process that started this one.
  const status = "/proc/self/status";
  const peak = existsSync(status) ? /VmHWM:\s*(\d+) kB/.exec(readFileSync(status, "utf8")) : null;
  return 1024 * (peak ? Number(peak[1]) : resourceUsage().maxRSS);
}
