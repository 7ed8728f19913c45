import { extname } from "node:path";
import { writeFileAtomic } from "../io/files.node.ts";
import { UsageError } from "./usage-error.ts";

/** A picture in the forms in which it can be had. */
export interface Picture {
  readonly svg?: () => string | Promise<string>;
  readonly png?: () => Promise<Uint8Array>;
}

/** Says whether `path` has the ending of a form in which the picture can be had. @throws UsageError if not. */
export function requirePictureName(path: string, forms: readonly (keyof Picture)[], name = "--out"): void {
  const ending = extname(path).slice(1).toLowerCase();
  if (forms.some((form) => form === ending)) return;
  const endings = forms.map((form) => `.${form}`).join(" or ");
  throw new UsageError(`${name} must end in ${endings}, but is "${path}"`);
}

/** Writes a picture in the form that the path's ending names. @throws UsageError if it cannot be had in that. */
export async function writePicture(path: string, picture: Picture): Promise<void> {
  requirePictureName(path, Object.keys(picture) as (keyof Picture)[]);
  const { svg, png } = picture;
  const bytes = path.toLowerCase().endsWith(".svg") ? new TextEncoder().encode(await svg!()) : await png!();
  await writeFileAtomic(path, bytes);
}
