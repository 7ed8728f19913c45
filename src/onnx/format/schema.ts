import { fieldsOf, type Schema } from "../../io/protobuf/schema.ts";
import type { MessageName } from "./messages.ts";

const fields = fieldsOf<MessageName>;

/** The fields of every message by their number in onnx.proto; documentation and training fields are left out. */
export const schema: Schema<MessageName> = {
  Model: fields(
    [
      [1, "irVersion", "int64"],
      [2, "producerName", "text"],
      [3, "producerVersion", "text"],
      [4, "domain", "text"],
      [5, "modelVersion", "int64"],
      [6, "docString", "text"],
      [7, "graph", "Graph"],
    ],
    [
      [8, "opsetImports", "OperatorSetId"],
      [14, "metadata", "Entry"],
      [25, "functions", "Function"],
    ],
  ),
  OperatorSetId: fields([
    [1, "domain", "text"],
    [2, "version", "int64"],
  ]),
  Function: fields(
    [
      [1, "name", "text"],
      [10, "domain", "text"],
      [13, "overload", "text"],
    ],
    [
      [4, "inputs", "text"],
      [5, "outputs", "text"],
      [6, "attributes", "text"],
      [7, "nodes", "Node"],
      [9, "opsetImports", "OperatorSetId"],
      [11, "attributeDefaults", "Attribute"],
    ],
  ),
  Graph: fields(
    [[2, "name", "text"]],
    [
      [1, "nodes", "Node"],
      [5, "initializers", "Tensor"],
      [11, "inputs", "ValueInfo"],
      [12, "outputs", "ValueInfo"],
      [13, "valueInfos", "ValueInfo"],
      [15, "sparseInitializers", "SparseTensor"],
    ],
  ),
  Node: fields(
    [
      [3, "name", "text"],
      [4, "opType", "text"],
      [7, "domain", "text"],
      [8, "overload", "text"],
    ],
    [
      [1, "inputs", "text"],
      [2, "outputs", "text"],
      [5, "attributes", "Attribute"],
    ],
  ),
  Attribute: fields(
    [
      [1, "name", "text"],
      [2, "f", "float"],
      [3, "i", "int64"],
      [4, "s", "bytes"],
      [5, "t", "Tensor"],
      [6, "g", "Graph"],
      [14, "tp", "Type"],
      [20, "type", "int64"],
      [21, "refAttrName", "text"],
      [22, "sparseTensor", "SparseTensor"],
    ],
    [
      [7, "floats", "float"],
      [8, "ints", "int64"],
      [9, "strings", "bytes"],
      [10, "tensors", "Tensor"],
      [11, "graphs", "Graph"],
      [15, "typeProtos", "Type"],
      [23, "sparseTensors", "SparseTensor"],
    ],
  ),
  Tensor: fields(
    [
      [2, "dataType", "int64"],
      [8, "name", "text"],
      [9, "rawData", "bytes"],
      [14, "dataLocation", "int64"],
    ],
    [
      [1, "dims", "int64"],
      [4, "floatData", "float"],
      [5, "int32Data", "int64"],
      [6, "stringData", "bytes"],
      [7, "int64Data", "bigint"],
      [10, "doubleData", "double"],
      [11, "uint64Data", "unsigned"],
      [13, "externalData", "Entry"],
    ],
  ),
  SparseTensor: fields(
    [
      [1, "values", "Tensor"],
      [2, "indices", "Tensor"],
    ],
    [[3, "dims", "int64"]],
  ),
  Entry: fields([
    [1, "key", "text"],
    [2, "value", "text"],
  ]),
  ValueInfo: fields([
    [1, "name", "text"],
    [2, "type", "Type"],
  ]),
  Type: fields([
    [1, "tensorType", "TensorType"],
    [4, "sequenceType", "ElementType"],
    [5, "mapType", "MapType"],
    [8, "sparseTensorType", "TensorType"],
    [9, "optionalType", "ElementType"],
  ]),
  TensorType: fields([
    [1, "elementType", "int64"],
    [2, "shape", "TensorShape"],
  ]),
  ElementType: fields([[1, "elementType", "Type"]]),
  MapType: fields([
    [1, "keyType", "int64"],
    [2, "valueType", "Type"],
  ]),
  TensorShape: fields([], [[1, "dims", "Dimension"]]),
  Dimension: fields([
    [1, "value", "int64"],
    [2, "param", "text"],
  ]),
};
