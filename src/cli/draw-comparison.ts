import type { Cost, FullyConnectedComparison } from "../analyze/compare-fully-connected.ts";
import type { Shape } from "../core/shape.ts";
import { drawTable } from "./draw-table.ts";
import { formatScaled, formatShape } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** 1234567n as 1,234,567 */
const exact = (count: bigint): string => count.toLocaleString("en");

/** How many times the one is the other. */
function ratio(fully: bigint, convolution: bigint): string {
  return convolution === 0n ? "--" : `${formatScaled(Number(fully) / Number(convolution))}×`;
}

/** A row a convolution: what it needs, what a fully connected layer would, and how many times as much. */
export function drawComparison(
  name: string,
  input: Shape,
  { layers, convolution, fullyConnected }: FullyConnectedComparison,
  { style }: Terminal,
): string[] {
  const cells = (conv: Cost, fc: Cost): string[] => [
    exact(conv.parameters),
    exact(fc.parameters),
    ratio(fc.parameters, conv.parameters),
    exact(conv.macs),
    exact(fc.macs),
    ratio(fc.macs, conv.macs),
  ];
  const head = ["layer", "from", "to", "params", "if connected fully", "", "MACs", "if connected fully", ""];
  const rows = layers.map((layer) => [
    layer.name,
    formatShape(layer.inputShape),
    formatShape(layer.outputShape),
    ...cells(layer.convolution, layer.fullyConnected),
  ]);
  const all = ["all", "", "", ...cells(convolution, fullyConnected)];
  const align = ["left", "left", "left", ...new Array<"right">(6).fill("right")] as const;
  const [heading, ...table] = drawTable([head, ...rows, all], align);
  return [
    `${name} on one input of ${formatShape(input)}: ${layers.length} convolutions`,
    "",
    style.dim(heading!),
    ...table.slice(0, -1),
    style.bold(table.at(-1)!),
  ];
}
