import { FileError } from "../core/errors.ts";
import { readFile } from "../io/files.node.ts";
import { imagenetClasses } from "../models/imagenet-classes.ts";

/**
 * The names of classes in their order, one a line; "imagenet" stands for ImageNet's.
 *
 * @throws FileError if a line has none.
 */
export async function readLabels(path: string): Promise<readonly string[]> {
  if (path === "imagenet") return imagenetClasses;
  const text = new TextDecoder().decode(await readFile(path));
  const labels = text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim());
  const empty = labels.indexOf("");
  if (empty >= 0) throw new FileError(path, `line ${empty + 1} has no name`);
  return labels;
}
