import { FoveaError } from "../../core/errors.ts";

/** Where in a file something cannot be done. */
export interface OnnxPlace {
  readonly file: string;
  readonly opType: string;
  /** The node's name, or its first output where it has none. */
  readonly node: string;
}

/** A node of an ONNX graph that cannot be computed: an operator that is not known, or a use of it that does not fit. */
export class OnnxError extends FoveaError {
  readonly code = "ONNX";
  readonly file: string;
  readonly opType: string;
  readonly node: string;
  readonly reason: string;

  constructor({ file, opType, node }: OnnxPlace, reason: string, options?: ErrorOptions) {
    super(`${file}: ${opType} ${JSON.stringify(node)}: ${reason}`, options);
    this.file = file;
    this.opType = opType;
    this.node = node;
    this.reason = reason;
  }
}
