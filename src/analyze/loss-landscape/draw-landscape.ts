import { heatMap } from "../../plot/heat-map.ts";
import { lineChart } from "../../plot/line-chart.ts";
import type { LossLandscape } from "./loss-landscape.ts";

export interface LandscapePicture {
  readonly title: string;
  /** What the axes are; "α" and "β" unless told. */
  readonly xLabel?: string;
  readonly yLabel?: string;
}

/** A surface as a map of colours with contours at equal ratios, and a line as two curves; SVG. */
export async function drawLandscape(
  { alphas, betas, loss, accuracy }: LossLandscape,
  { title, xLabel = "α", yLabel = "β" }: LandscapePicture,
): Promise<string> {
  if (betas.length === 1) {
    const known = accuracy.some(Number.isFinite);
    return lineChart({
      title,
      xLabel,
      yLabel: known ? "loss, and accuracy from 0 to 1" : "loss",
      series: [
        { name: "loss", points: alphas.map((alpha, i) => [alpha, loss[i]!] as const) },
        ...(known
          ? [
              {
                name: "accuracy",
                dashed: true,
                points: alphas.map((alpha, i) => [alpha, accuracy[i]!] as const),
              },
            ]
          : []),
      ],
    });
  }
  return heatMap({
    title,
    xLabel,
    yLabel,
    values: loss,
    rows: betas.length,
    columns: alphas.length,
    xRange: [alphas[0]!, alphas.at(-1)!],
    yRange: [betas[0]!, betas.at(-1)!],
    scale: "log",
    contours: contourLevels(loss),
  });
}

/** Ten levels at equal ratios between the least and the largest loss. */
export function contourLevels(loss: readonly number[], count = 10): number[] {
  const positive = loss.filter((value) => Number.isFinite(value) && value > 0);
  if (positive.length === 0) return [];
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  return Array.from({ length: count }, (_, k) => low * (high / low) ** ((k + 0.5) / count));
}
