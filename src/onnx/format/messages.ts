/**
 * The messages of an ONNX file: onnx.proto of ONNX 1.22, IR version 13, with the names in camel case and in the plural
 * where a field is repeated. A field that a file lacks is `undefined`, or empty where it is repeated.
 */
export interface Messages {
  Model: ModelProto;
  OperatorSetId: OperatorSetIdProto;
  Function: FunctionProto;
  Graph: GraphProto;
  Node: NodeProto;
  Attribute: AttributeProto;
  Tensor: TensorProto;
  SparseTensor: SparseTensorProto;
  Entry: EntryProto;
  ValueInfo: ValueInfoProto;
  Type: TypeProto;
  TensorType: TensorTypeProto;
  ElementType: ElementTypeProto;
  MapType: MapTypeProto;
  TensorShape: TensorShapeProto;
  Dimension: DimensionProto;
}

export type MessageName = keyof Messages;

export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: number;
  readonly docString?: string;
  readonly graph?: GraphProto;
  readonly opsetImports: readonly OperatorSetIdProto[];
  readonly metadata: readonly EntryProto[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetIdProto {
  readonly domain?: string;
  readonly version?: number;
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of attributes without a default. */
  readonly attributes: readonly string[];
  readonly attributeDefaults: readonly AttributeProto[];
  readonly nodes: readonly NodeProto[];
  readonly opsetImports: readonly OperatorSetIdProto[];
}

export interface GraphProto {
  readonly name?: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly sparseInitializers: readonly SparseTensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly valueInfos: readonly ValueInfoProto[];
}

export interface NodeProto {
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name?: string;
  readonly type?: number;
  /** Inside a function: the attribute of the call that gives the value. */
  readonly refAttrName?: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly tp?: TypeProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly floats: ArrayLike<number>;
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  readonly tensors: readonly TensorProto[];
  readonly graphs: readonly GraphProto[];
  readonly typeProtos: readonly TypeProto[];
  readonly sparseTensors: readonly SparseTensorProto[];
}

export interface TensorProto {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dataType?: number;
  readonly rawData?: Uint8Array;
  readonly floatData: ArrayLike<number>;
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: ArrayLike<number>;
  readonly uint64Data: readonly bigint[];
  readonly stringData: readonly Uint8Array[];
  readonly externalData: readonly EntryProto[];
  readonly dataLocation?: number;
}

export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims: readonly number[];
}

export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}

export interface TypeProto {
  readonly tensorType?: TensorTypeProto;
  readonly sparseTensorType?: TensorTypeProto;
  readonly sequenceType?: ElementTypeProto;
  readonly optionalType?: ElementTypeProto;
  readonly mapType?: MapTypeProto;
}

export interface TensorTypeProto {
  readonly elementType?: number;
  readonly shape?: TensorShapeProto;
}

export interface ElementTypeProto {
  readonly elementType?: TypeProto;
}

export interface MapTypeProto {
  readonly keyType?: number;
  readonly valueType?: TypeProto;
}

export interface TensorShapeProto {
  readonly dims: readonly DimensionProto[];
}

export interface DimensionProto {
  readonly value?: number;
  readonly param?: string;
}
