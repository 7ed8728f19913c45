import type { Experiment } from "./experiment.ts";
import { type Picture, pictureFile, type Report, type Table } from "./report.ts";

/** How and where an experiment was run. */
export interface RunFacts {
  /** The command line that does it again. */
  readonly command: string;
  readonly seed: number;
  readonly seeds: number;
  readonly quick: boolean;
  /** The data set that was used, where there was one. */
  readonly data?: string;
  /** Processor, threads and engine. */
  readonly machine: string;
  readonly seconds: number;
}

/** A report as a page of Markdown, which shows the pictures that lie beside it. */
export function reportMarkdown(experiment: Experiment, report: Report, facts: RunFacts): string {
  const { title, claim } = experiment;
  const blocks = [
    `# ${title}`,
    claim,
    `\`\`\`sh\n${facts.command}\n\`\`\``,
    describeFacts(facts),
    ...(facts.quick ? ["**A quick run, which shows that everything works and measures nothing.**"] : []),
    "## Found",
    report.summary,
    ...(report.verdicts.length > 0 ? [verdictList(report)] : []),
    ...report.pictures.map(drawPicture),
    ...report.tables.flatMap(drawTable),
    `All numbers are in [results.json](results.json).`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

function describeFacts({ seed, seeds, data, machine, seconds }: RunFacts): string {
  const facts = [
    ...(data === undefined ? [] : [`Data: ${data}.`]),
    seeds === 1 ? `Seed ${seed}.` : `Seeds ${seed} to ${seed + seeds - 1}.`,
    `${minutes(seconds)} on ${machine}.`,
  ];
  return facts.join(" ");
}

/** 42 s, 3 min 20 s */
function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function verdictList({ verdicts }: Report): string {
  return verdicts
    .map(
      ({ statement, holds, found }) => `- **${holds ? "holds" : "does not hold"}**: ${statement} (${found})`,
    )
    .join("\n");
}

function drawPicture(picture: Picture): string {
  return `![${escapeText(picture.caption)}](${pictureFile(picture)})\n\n*${picture.caption}*`;
}

/** A GitHub table; columns of which every cell is a number stand at the right. */
function drawTable({ title, head, rows, note }: Table): string[] {
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column] ?? "")));
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  const rule = `| ${right.map((each) => (each ? "---:" : "---")).join(" | ")} |`;
  const table = [line(head), rule, ...rows.map((row) => line(head.map((_, i) => row[i] ?? "")))].join("\n");
  return [`## ${title}`, ...(note === undefined ? [] : [note]), table];
}

/** Whether a cell is a number, perhaps with a sign, a unit or a scatter, or is empty. */
export function isNumeric(cell: string): boolean {
  return /^$|^[+−-]?[\d.,]+( ?± ?[\d.,]+)?( ?(%|×|[µa-z]{1,5}(\/s)?))?$|^[–-]$/i.test(cell);
}

function escapeCell(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function escapeText(text: string): string {
  return text.replace(/[[\]]/g, "\\$&");
}
