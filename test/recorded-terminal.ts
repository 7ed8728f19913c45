import { createStyle } from "../src/cli/style.ts";
import type { Terminal } from "../src/cli/terminal.ts";

/** A terminal of 80 columns that keeps what is written to it. */
export class RecordedTerminal implements Terminal {
  readonly interactive: boolean;
  readonly columns = 80;
  readonly style: Terminal["style"];
  stdout = "";
  stderr = "";

  constructor(interactive = false) {
    this.interactive = interactive;
    this.style = createStyle(interactive);
  }

  write(text: string): void {
    this.stdout += text;
  }

  line(text = ""): void {
    this.write(`${text}\n`);
  }

  problem(text: string): void {
    this.stderr += `${text}\n`;
  }
}
