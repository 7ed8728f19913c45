import { FileError } from "../../core/errors.ts";
import { decodeMessage } from "../protobuf/decode-message.ts";
import { type Draft, encodeMessage } from "../protobuf/encode-message.ts";
import type { Histogram } from "./histogram.ts";
import { type EventProto, schema, type ValueProto } from "./messages.ts";
import { encodeRecord, readRecords } from "./records.ts";

/** A picture as a file, such as a PNG. */
export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly encoded: Uint8Array;
}

/** One thing that is followed over the steps; tags with a common part before the first slash stand together. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: Histogram }
  | { readonly tag: string; readonly image: EncodedImage };

/** What was written of one step; `sessionStart` says that what came of this step and later ones before is void. */
export interface SummaryEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly values: readonly SummaryValue[];
  readonly sessionStart?: boolean;
}

const fileVersion = "brain.Event:2";
/** `SessionLog.START` */
const start = 1;

/** What an event file begins with. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return encode({ wallTime, fileVersion });
}

/** One event as it stands in an event file of TensorBoard. */
export function encodeEvent({ wallTime, step, values, sessionStart = false }: SummaryEvent): Uint8Array {
  const content = sessionStart
    ? { sessionLog: { status: start } }
    : { summary: { values: values.map(toProto) } };
  return encode({ wallTime, step: present(step), ...content });
}

/**
 * The events of an event file; values of kinds that are not read here are left out.
 *
 * @throws FileError where it is broken, or if it is no event file.
 */
export function parseEvents(bytes: Uint8Array, file: string): SummaryEvent[] {
  const events: SummaryEvent[] = [];
  let version: string | undefined;
  for (const record of readRecords(bytes, file)) {
    const event = decode(record.bytes, record.offset, file);
    version ??= event.fileVersion ?? "";
    if (version !== fileVersion)
      throw new FileError(file, `does not begin with "${fileVersion}"`, record.offset);
    const sessionStart = event.sessionLog?.status === start;
    if (!event.summary && !sessionStart) continue;
    events.push({
      wallTime: event.wallTime ?? 0,
      step: event.step ?? 0,
      values: (event.summary?.values ?? []).flatMap(fromProto),
      ...(sessionStart && { sessionStart }),
    });
  }
  if (version === undefined) throw new FileError(file, `does not begin with "${fileVersion}"`, 0);
  return events;
}

function encode(event: Draft<EventProto>): Uint8Array {
  return encodeRecord(...encodeMessage(schema, "Event", event));
}

/** Offsets of errors count from the file's begin. */
function decode(bytes: Uint8Array, offset: number, file: string): EventProto {
  try {
    return decodeMessage(schema, "Event", bytes, file) as EventProto;
  } catch (error) {
    if (!(error instanceof FileError) || error.offset === undefined) throw error;
    const problem = error.message.slice(file.length + 2).replace(/ \(at byte \d+\)$/, "");
    throw new FileError(file, problem, offset + error.offset, { cause: error });
  }
}

/** Fields of value 0 are left out, as protobuf's own writers do. */
const present = (value: number): number | undefined => (value === 0 ? undefined : value);

function toProto(value: SummaryValue): Draft<ValueProto> {
  const { tag } = value;
  if ("scalar" in value) return { tag, simpleValue: value.scalar };
  if ("image" in value) {
    const { height, width, channels, encoded } = value.image;
    return { tag, image: { height, width, colorspace: channels, encoded } };
  }
  const { min, max, count, sum, sumOfSquares, limits, buckets } = value.histogram;
  return {
    tag,
    histogram: {
      min: present(min),
      max: present(max),
      count: present(count),
      sum: present(sum),
      sumOfSquares: present(sumOfSquares),
      limits,
      buckets,
    },
  };
}

function fromProto({ tag = "", simpleValue, image, histogram }: ValueProto): SummaryValue[] {
  if (simpleValue !== undefined) return [{ tag, scalar: simpleValue }];
  if (image) {
    const { height = 0, width = 0, colorspace = 0, encoded = new Uint8Array(0) } = image;
    return [{ tag, image: { height, width, channels: colorspace, encoded } }];
  }
  if (!histogram) return [];
  const { min = 0, max = 0, count = 0, sum = 0, sumOfSquares = 0, limits, buckets } = histogram;
  return [{ tag, histogram: { min, max, count, sum, sumOfSquares, limits, buckets } }];
}
