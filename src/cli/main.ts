#!/usr/bin/env node
import "../index.ts";
import { runProgram } from "./program.ts";
import { processTerminal } from "./terminal.ts";

// A reader that has seen enough, such as head, ends the program as SIGPIPE would.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(141);
});

process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
