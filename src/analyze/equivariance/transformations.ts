import { ArgumentError } from "../../core/errors.ts";
import { dihedralGroup, elementMatrix, type GroupElement } from "../../equivariant/group.ts";

/** A shift of the plane by whole pixels, a symmetry of the square grid, or a rotation by any angle, as data. */
export type Transformation =
  | {
      readonly kind: "shift";
      readonly name: string;
      /** Pixels downwards. */
      readonly dy: number;
      /** Pixels to the right. */
      readonly dx: number;
      /** Whether what leaves at one side comes in at the other; else zeros do. */
      readonly circular: boolean;
    }
  | {
      readonly kind: "symmetry";
      readonly name: string;
      /** An element of D4. */
      readonly element: GroupElement;
    }
  | {
      readonly kind: "rotation";
      readonly name: string;
      /** Degrees, counter-clockwise as seen on the screen. */
      readonly angle: number;
    };

/** (T x)[p] = x[p − (dy, dx)], with zeros or, if `circular`, the other side's pixels coming in. */
export function shift(
  dy: number,
  dx: number,
  { circular = false }: { readonly circular?: boolean } = {},
): Transformation {
  if (!Number.isSafeInteger(dy) || !Number.isSafeInteger(dx)) {
    throw new ArgumentError(`a shift is by whole pixels, not (${dy}, ${dx})`);
  }
  return { kind: "shift", name: `${circular ? "circular " : ""}shift (${dy}, ${dx})`, dy, dx, circular };
}

/** The rotation by `turns` quarters, counter-clockwise, which permutes the pixels of a square image. */
export function rotate90(turns = 1): Transformation {
  if (!Number.isSafeInteger(turns)) throw new ArgumentError(`${turns} is no number of quarter turns`);
  const rotation = ((turns % 4) + 4) % 4;
  return { kind: "symmetry", name: `rotation by ${90 * rotation}°`, element: { rotation, reflected: false } };
}

/** Exchanges left and right ("horizontal") or top and bottom ("vertical"). */
export function reflect(direction: "horizontal" | "vertical" = "horizontal"): Transformation {
  // Top and bottom change places if left and right do before half a turn.
  const rotation = direction === "horizontal" ? 0 : 2;
  return { kind: "symmetry", name: `${direction} reflection`, element: { rotation, reflected: true } };
}

/** The eight symmetries of the square, the identity first. */
export function squareSymmetries(): Transformation[] {
  return dihedralGroup(4).elements.map((element) => ({
    kind: "symmetry",
    name: `${element.reflected ? "reflection, then " : ""}rotation by ${90 * element.rotation}°`,
    element,
  }));
}

/** The rotation by `angle` degrees, counter-clockwise, with bilinear interpolation and zeros beside the image. */
export function rotate(angle: number): Transformation {
  if (!Number.isFinite(angle)) throw new ArgumentError(`${angle} is no angle in degrees`);
  return { kind: "rotation", name: `rotation by ${angle}°, interpolated`, angle };
}

/** The linear part as a matrix on points, x to the right and y upwards, in row-major order. */
export function linearPart(
  transformation: Exclude<Transformation, { kind: "shift" }>,
): readonly [number, number, number, number] {
  if (transformation.kind === "symmetry") return elementMatrix(dihedralGroup(4), transformation.element);
  const angle = (transformation.angle * Math.PI) / 180;
  return [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)];
}
