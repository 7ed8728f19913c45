import { type Arguments, type Operands, parseArguments } from "./arguments.ts";
import { help } from "./help.ts";
import { flag, type Options } from "./option.ts";
import type { Terminal } from "./terminal.ts";

/** What one command is called, takes and does. */
export interface CommandDefinition<O extends Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What stands behind the summary in the command's own help. */
  readonly details?: string;
  readonly operands: Operands;
  readonly options: O;
  readonly examples: readonly string[];
  /** @returns the exit code. */
  run(args: Arguments<O>, terminal: Terminal): Promise<number>;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  help(terminal: Terminal): string;
  /** @returns the exit code. @throws UsageError for arguments that cannot be meant. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

const helpOption = { help: flag("shows this help") } as const;

export function defineCommand<O extends Options>(definition: CommandDefinition<O>): Command {
  const { name, summary, operands, run } = definition;
  const options = { ...definition.options, ...helpOption };
  const showHelp = ({ columns, style }: Terminal): string => help({ ...definition, options }, columns, style);
  return {
    name,
    summary,
    help: showHelp,
    run: async (args, terminal) => {
      if (args.includes("--help") || args.includes("-h")) {
        terminal.line(showHelp(terminal));
        return 0;
      }
      return run(parseArguments(args, options, operands), terminal);
    },
  };
}
