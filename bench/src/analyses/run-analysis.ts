// node run-analysis.js INDEX: times one analysis and prints its milliseconds and the process's peak memory.

import { argv, resourceUsage, stdout } from "node:process";
import { analyses, timeAnalysis } from "./analyses.ts";

const milliseconds = await timeAnalysis(analyses[Number(argv[2])]!);
stdout.write(JSON.stringify({ milliseconds, peakBytes: resourceUsage().maxRSS * 1024 }));
