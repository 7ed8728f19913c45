/** How a field's value is written: `int64` is read as a number, `bigint` keeps all 64 bits. */
export type ScalarKind = "int64" | "bigint" | "unsigned" | "float" | "double" | "text" | "bytes";

export interface FieldSchema<Name extends string = string> {
  readonly key: string;
  /** A scalar, or the name of another message. */
  readonly kind: ScalarKind | Name;
  readonly repeated: boolean;
}

/** The fields of each message of a file format by their numbers in its .proto file. */
export type Schema<Name extends string = string> = Readonly<
  Record<Name, ReadonlyMap<number, FieldSchema<Name>>>
>;

type Row<Name extends string> = readonly [number: number, key: string, kind: ScalarKind | Name];

/** The fields of one message: those that are there once at most, and those that are repeated. */
export function fieldsOf<Name extends string>(
  single: readonly Row<Name>[],
  repeated: readonly Row<Name>[] = [],
): ReadonlyMap<number, FieldSchema<Name>> {
  const entry = (many: boolean) => {
    return ([number, key, kind]: Row<Name>) => [number, { key, kind, repeated: many }] as const;
  };
  return new Map([...single.map(entry(false)), ...repeated.map(entry(true))]);
}
