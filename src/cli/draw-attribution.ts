import type { Attribution, AttributionMethod } from "../analyze/attribution/attribution.ts";
import type { Faithfulness } from "../analyze/attribution/faithfulness.ts";
import { attributionMethods } from "../analyze/attribution/methods.ts";
import type { SanityCheck } from "../analyze/attribution/sanity-check.ts";
import type { Subject } from "../analyze/attribution/subject.ts";
import { drawTable } from "./draw-table.ts";
import { formatMany, formatNumber, formatPercent } from "./format.ts";
import { printable, type Style } from "./style.ts";

/** What was found about one image. */
export interface Explained {
  readonly file: string;
  readonly subject: Subject;
  readonly rows: readonly {
    readonly attribution: Attribution;
    readonly seconds: number;
    readonly judged?: Faithfulness | undefined;
  }[];
  /** How the network fares when pixels are taken in a random order. */
  readonly random?: Faithfulness | undefined;
}

type Labels = readonly string[] | undefined;

/** The methods' facts; of several images the means. */
export function attributionTable(
  model: string,
  all: readonly Explained[],
  labels: Labels,
  style: Style,
): string[] {
  const [first] = all as [Explained, ...Explained[]];
  const { subject } = first;
  const name = labels?.[subject.class];
  const about =
    all.length === 1
      ? `class ${subject.class}${name === undefined ? "" : ` (${name})`}, probability ${formatPercent(subject.probability)}, ` +
        `score ${formatNumber(subject.score)}`
      : `means over ${formatMany(all.length, "image")}`;
  const judged = first.random !== undefined;
  const areas = (found: readonly (Faithfulness | undefined)[]): string[] =>
    judged
      ? (["deletion", "insertion"] as const).map((key) =>
          meanOf(found.map((each) => each![key].auc)).toFixed(4),
        )
      : [];
  const rows = first.rows.map(({ attribution }, i) => {
    const same = all.map(({ rows }) => rows[i]!);
    return [
      attributionMethods[attribution.method].title,
      `${meanOf(same.map(({ seconds }) => seconds)).toFixed(2)}`,
      ...areas(same.map((row) => row.judged)),
      factsOf(attribution, all.length === 1),
    ];
  });
  const random = judged ? [["random order", "", ...areas(all.map((each) => each.random)), ""]] : [];
  const head = ["method", "seconds", ...(judged ? ["deletion", "insertion"] : []), ""];
  const [heading, ...table] = drawTable(
    [head, ...rows, ...random],
    head.map((_, i) => (i === 0 || i === head.length - 1 ? "left" : "right")),
  );
  const of = all.length === 1 ? ` on ${printable(first.file)}` : "";
  return [
    `${model}${of}: ${about}`,
    "",
    style.dim(heading!),
    ...table,
    ...(judged
      ? ["", "Areas under the class's probability: deletion is better when low, insertion when high."]
      : []),
  ];
}

/** Where a map was made, and whether what it shares out adds up. */
function factsOf({ coarse, completeness }: Attribution, alone: boolean): string {
  if (coarse) return `layer ${coarse.layer}, ${coarse.height}×${coarse.width}`;
  if (!completeness || !alone) return "";
  const { sum, difference } = completeness;
  return `sum ${formatNumber(sum)} of ${formatNumber(difference)}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** All about one image for other programs; maps are lists of H rows. */
export function explainedRecord({ file, subject, rows, random }: Explained, labels: Labels): object {
  const { class: index, score, probability, height, width } = subject;
  return {
    ...{ file, class: index, name: labels?.[index], score, probability, height, width, random },
    methods: rows.map(
      ({ attribution: { method, values, signed, coarse, completeness }, seconds, judged }) => ({
        ...{ method, seconds, signed, layer: coarse?.layer, completeness, ...judged },
        values: Array.from(values, (value) => Number(value.toPrecision(6))),
      }),
    ),
  };
}

/** A row for each layer, with the rank correlation of every method. */
export function sanityTable(
  { mode, steps }: SanityCheck,
  methods: readonly AttributionMethod[],
  style: Style,
): string[] {
  const layers = [...new Set(steps.map(({ layer }) => layer))];
  const cell = (layer: string, method: AttributionMethod): string => {
    const step = steps.find((each) => each.layer === layer && each.method === method)!;
    return `${show(step.rankCorrelation)} / ${show(step.structuralSimilarity)}`;
  };
  const head = [mode === "cascading" ? "random from the output to" : "random alone", ...methods];
  const rows = layers.map((layer) => [layer, ...methods.map((method) => cell(layer, method))]);
  const [heading, ...table] = drawTable(
    [head, ...rows],
    head.map((_, i) => (i === 0 ? "left" : "right")),
  );
  return [
    "Rank correlation / structural similarity of the maps with those of the trained network",
    "",
    style.dim(heading!),
    ...table,
    "",
    "What stays near 1 does not depend on the weights that are random.",
  ];
}

function show(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(2);
}
