import { join } from "node:path";
import { ArgumentError, FileError } from "../core/errors.ts";
import { foldersIn, imageFilesIn } from "../io/image-files.node.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { Dataset } from "./dataset.ts";
import { ImageCache } from "./image-cache.ts";
import { ImageFileSource, type LabelledFile } from "./image-file-source.node.ts";
import type { ImageView } from "./image-view.ts";
import type { TrainTest } from "./mnist.ts";
import { centerView } from "./preprocess.ts";

export interface ImageFolderOptions {
  /** The size of what the network sees, how photographs come to it, and how bytes become numbers. */
  readonly preprocessing: Preprocessing;
  /** What the network sees in training, such as a random crop; the same as in testing unless told. */
  readonly trainView?: ImageView;
  /** The share that is kept for testing, where the folder does not say which; 0.2 unless told. */
  readonly testFraction?: number;
  /** Draws what is kept for testing, and the random numbers of `trainView`; 0 unless told. */
  readonly seed?: number;
  /**
   * Told of each broken file once, when it is first needed; the next photograph of its class comes in its place.
   * Without it a broken file is an error.
   */
  readonly onBroken?: (error: FileError) => void;
  /** How many bytes of decoded photographs are kept; 256 MiB unless told. */
  readonly cacheBytes?: number;
}

/** What folders with photographs for testing are called; the first that there is. */
const testNames = ["val", "valid", "validation", "test"];

/**
 * Photographs in a folder for each class, whose names, sorted, are those of the classes.
 *
 * Where there are folders `train` and `val` (or `test`), the classes lie in each of them; otherwise a share is drawn for
 * testing. Photographs are found in inner folders too, and read when they are needed: JPEG, PNG, PGM or PPM.
 *
 * @throws FileError if the folder has no classes, a class has no photographs, or testing has a class of its own; on
 * reading, for a broken file.
 */
export async function imageFolder(dir: string, options: ImageFolderOptions): Promise<TrainTest> {
  const { preprocessing, testFraction = 0.2, seed = 0, cacheBytes = 2 ** 28 } = options;
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new ArgumentError(`imageFolder: testFraction must lie in [0, 1), but is ${testFraction}`);
  }
  const { train: trainDir, test: testDir } = await partsOf(dir);
  const classes = await foldersIn(trainDir);
  if (classes.length === 0) throw new FileError(trainDir, "has no folders, of which each is to hold a class");
  const view = centerView(preprocessing);
  const cache = new ImageCache(cacheBytes);
  const { mean, std, inputSize: imageShape } = preprocessing;
  const dataset = (files: readonly LabelledFile[], training: boolean): Dataset => {
    const seen = training && options.trainView ? { view: options.trainView, seed } : { view };
    const { onBroken } = options;
    const source = new ImageFileSource({ files, classes, imageShape, cache, onBroken, ...seen });
    return new Dataset(source, { mean, std });
  };
  const files = await labelledFiles(trainDir, classes);
  if (testDir !== undefined) {
    await requireKnown(testDir, classes, trainDir);
    return { train: dataset(files, true), test: dataset(await labelledFiles(testDir, classes), false) };
  }
  const [train] = dataset(files, true).split(1 - testFraction, seed);
  const [, test] = dataset(files, false).split(1 - testFraction, seed);
  return { train, test };
}

/** The folders with the classes for training and for testing; one and none if they lie in `dir` itself. */
async function partsOf(dir: string): Promise<{ train: string; test: string | undefined }> {
  const folders = await foldersIn(dir);
  const test = testNames.find((name) => folders.includes(name));
  const divided = folders.includes("train") && (test !== undefined || folders.length === 1);
  if (!divided) return { train: dir, test: undefined };
  return { train: join(dir, "train"), test: test === undefined ? undefined : join(dir, test) };
}

async function labelledFiles(dir: string, classes: readonly string[]): Promise<LabelledFile[]> {
  const found = await Promise.all(
    classes.map(async (name, label) => {
      const folder = join(dir, name);
      const files = await imageFilesIn(folder);
      if (files.length === 0) throw new FileError(folder, "has no images: JPEG, PNG, PGM or PPM");
      return files.map((file) => ({ file, label }));
    }),
  );
  return found.flat();
}

async function requireKnown(testDir: string, classes: readonly string[], trainDir: string): Promise<void> {
  const unknown = (await foldersIn(testDir)).find((name) => !classes.includes(name));
  if (unknown === undefined) return;
  throw new FileError(join(testDir, unknown), `is a class that ${trainDir} does not have`);
}
