import { stridesOf } from "../../../core/shape.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { Value } from "../value.ts";

/*
 * Operators whose output shapes depend on data: they are computed on the host, where their inputs are known.
 */

function matrix(rows: readonly (readonly number[])[], width: number): Value {
  return Value.ofNumbers(rows.flat(), [rows.length, width], "int64");
}

/** The coordinates of all elements but zeros, [rank, count]. */
function nonZero(call: NodeCall): Value {
  const values = call.numbers(0, "the data");
  const { shape } = call.value(0);
  const strides = stridesOf(shape);
  const found = values.flatMap((value, i) => (value === 0 ? [] : [i]));
  const rows = shape.map((extent, axis) => found.map((i) => Math.floor(i / strides[axis]!) % extent));
  return matrix(rows, found.length);
}

/** The corners (top, left, bottom, right) of a box, given by any two opposite ones or by its centre and size. */
function cornersOf(box: readonly number[], byCentre: boolean): [number, number, number, number] {
  const [a, b, c, d] = box as [number, number, number, number];
  if (byCentre) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** The area that two boxes share, of the area that they cover together. */
function overlap(a: readonly number[], b: readonly number[]): number {
  const [height, width] = [0, 1].map((k) =>
    Math.max(0, Math.min(a[k + 2]!, b[k + 2]!) - Math.max(a[k]!, b[k]!)),
  );
  const area = (box: readonly number[]): number => (box[2]! - box[0]!) * (box[3]! - box[1]!);
  const shared = height! * width!;
  const covered = area(a) + area(b) - shared;
  return covered > 0 ? shared / covered : 0;
}

/** Of boxes that overlap too much only the best stays: rows of batch, class and box. */
function nonMaxSuppression(call: NodeCall): Value {
  const [boxes, scores] = [call.numbers(0, "the boxes"), call.numbers(1, "the scores")];
  const [batches, classes, count] = call.value(1).shape as [number, number, number];
  const most = call.has(2) ? call.number(2, "max_output_boxes_per_class") : 0;
  const most01 = call.has(3) ? call.number(3, "iou_threshold") : 0;
  const least = call.has(4) ? call.number(4, "score_threshold") : Number.NEGATIVE_INFINITY;
  const byCentre = call.int("center_point_box", 0) === 1;
  const rows: number[][] = [];
  for (let batch = 0; batch < batches; batch++) {
    const corners = Array.from({ length: count }, (_, i) => {
      return cornersOf(boxes.slice(4 * (batch * count + i), 4 * (batch * count + i) + 4), byCentre);
    });
    for (let label = 0; label < classes; label++) {
      const score = (i: number): number => scores[(batch * classes + label) * count + i]!;
      const candidates = corners.map((_, i) => i).filter((i) => score(i) > least);
      const kept: number[] = [];
      for (const i of candidates.sort((a, b) => score(b) - score(a) || a - b)) {
        if (kept.length >= most) break;
        if (kept.every((k) => overlap(corners[k]!, corners[i]!) <= most01)) kept.push(i);
      }
      rows.push(...kept.map((i) => [batch, label, i]));
    }
  }
  return matrix(rows, 3);
}

export const dataDependentOperators: Readonly<Record<string, Operator>> = {
  NonZero: nonZero,
  NonMaxSuppression: nonMaxSuppression,
};
