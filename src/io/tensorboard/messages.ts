import { fieldsOf, type Schema } from "../protobuf/schema.ts";

/** The messages of an event file that we write or read, of event.proto and summary.proto of TensorBoard 2. */
export type MessageName = "Event" | "SessionLog" | "Summary" | "Value" | "Image" | "Histogram";

export interface EventProto {
  /** Seconds since 1970. */
  readonly wallTime?: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly values: readonly ValueProto[] };
  readonly sessionLog?: { readonly status?: number };
}

export interface ValueProto {
  readonly tag?: string;
  readonly simpleValue?: number;
  readonly image?: ImageProto;
  readonly histogram?: HistogramProto;
}

export interface ImageProto {
  readonly height?: number;
  readonly width?: number;
  /** Channels. */
  readonly colorspace?: number;
  readonly encoded?: Uint8Array;
}

/** Bucket i counts values from the limit before up to `limits[i]`. */
export interface HistogramProto {
  readonly min?: number;
  readonly max?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly sumOfSquares?: number;
  readonly limits: ArrayLike<number>;
  readonly buckets: ArrayLike<number>;
}

const fields = fieldsOf<MessageName>;

export const schema: Schema<MessageName> = {
  Event: fields([
    [1, "wallTime", "double"],
    [2, "step", "int64"],
    [3, "fileVersion", "text"],
    [5, "summary", "Summary"],
    [7, "sessionLog", "SessionLog"],
  ]),
  SessionLog: fields([[1, "status", "int64"]]),
  Summary: fields([], [[1, "values", "Value"]]),
  Value: fields([
    [1, "tag", "text"],
    [2, "simpleValue", "float"],
    [4, "image", "Image"],
    [5, "histogram", "Histogram"],
  ]),
  Image: fields([
    [1, "height", "int64"],
    [2, "width", "int64"],
    [3, "colorspace", "int64"],
    [4, "encoded", "bytes"],
  ]),
  Histogram: fields(
    [
      [1, "min", "double"],
      [2, "max", "double"],
      [3, "count", "double"],
      [4, "sum", "double"],
      [5, "sumOfSquares", "double"],
    ],
    [
      [6, "limits", "double"],
      [7, "buckets", "double"],
    ],
  ),
};
