import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { reportedAs } from "../files.node.ts";
import type { Image } from "../image.ts";
import { encodePng } from "../png-encode.ts";
import { encodeEvent, encodeFileVersion, type SummaryEvent, type SummaryValue } from "./events.ts";
import { histogramOf } from "./histogram.ts";

/** Files of one process in one second have names of their own. */
let filesSoFar = 0;

/**
 * Writes an event file that TensorBoard shows: scalars, histograms and pictures by tag and step.
 *
 * What is added waits until {@link flush}, and then stands in the file.
 */
export class EventWriter {
  readonly path: string;
  #waiting: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** A new file in a folder, which is made where it does not exist. @throws FileError if it cannot be written. */
  static async create(folder: string): Promise<EventWriter> {
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${filesSoFar++}`;
    const path = join(folder, name);
    await reportedAs(path, async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(path, encodeFileVersion(Date.now() / 1000), { flag: "wx" });
    });
    return new EventWriter(path);
  }

  /** Says that from this step on, what other files of the folder hold is void: a run goes on from a checkpoint. */
  startAt(step: number): void {
    this.#add({ step, values: [], sessionStart: true });
  }

  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.add(
      step,
      Object.entries(values).map(([tag, scalar]) => ({ tag, scalar })),
    );
  }

  /** How the values are distributed. */
  histogram(step: number, tag: string, values: ArrayLike<number>): void {
    this.add(step, [{ tag, histogram: histogramOf(values) }]);
  }

  async image(step: number, tag: string, image: Image): Promise<void> {
    const { width, height, channels } = image;
    this.add(step, [{ tag, image: { width, height, channels, encoded: await encodePng(image) } }]);
  }

  add(step: number, values: readonly SummaryValue[]): void {
    if (values.length > 0) this.#add({ step, values });
  }

  /** Appends what waits to the file. @throws FileError if it cannot be written. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      if (waiting.length > 0)
        await reportedAs(this.path, () => appendFile(this.path, Buffer.concat(waiting)));
    });
    return this.#writing;
  }

  #add(event: Omit<SummaryEvent, "wallTime">): void {
    this.#waiting.push(encodeEvent({ wallTime: Date.now() / 1000, ...event }));
  }
}
