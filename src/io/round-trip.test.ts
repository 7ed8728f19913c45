import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesOf,
  countElements,
  elementsOf,
  type HostTensor,
  type StoredDType,
  storedBytesPerElement,
  storedDTypes,
} from "./host-tensor.ts";
import { parseNpy, serializeNpy } from "./npy.ts";
import { parseNpz, serializeNpz } from "./npz.ts";
import { parseSafetensors, serializeSafetensors } from "./safetensors.ts";

/** Tensors of any shape up to rank 4, extents of 0 included; elements are random bits, so NaNs have any payload. */
function tensors(dtypes: readonly StoredDType[]): fc.Arbitrary<HostTensor> {
  return fc
    .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }))
    .chain(([dtype, shape]) => {
      const length = countElements(shape)! * storedBytesPerElement(dtype);
      return fc
        .uint8Array({ minLength: length, maxLength: length, max: dtype === "bool" ? 1 : 255 })
        .map((bytes) => ({ dtype, shape, data: elementsOf(bytes, dtype) }) as HostTensor);
    });
}

function named(dtypes: readonly StoredDType[], name: fc.Arbitrary<string>) {
  return fc.uniqueArray(fc.tuple(name, tensors(dtypes)), { selector: ([key]) => key, maxLength: 6 });
}

/** Compares bits: by value, NaNs with different payloads would be equal. */
function plain(tensor: HostTensor) {
  return {
    dtype: tensor.dtype,
    shape: [...tensor.shape],
    bytes: [...bytesOf(tensor)],
    kind: tensor.data.constructor,
  };
}

const anyName = fc.string({ unit: "binary", maxLength: 12 });
const numpyDTypes = storedDTypes.filter((dtype) => dtype !== "bfloat16");

describe("round trips keep every bit", () => {
  it("safetensors, at any alignment of the file in memory", () => {
    fc.assert(
      fc.property(
        named(
          storedDTypes,
          anyName.filter((name) => name !== "__metadata__"),
        ),
        fc.dictionary(anyName, anyName),
        fc.integer({ min: 0, max: 7 }),
        (entries, metadata, shift) => {
          const bytes = serializeSafetensors(entries, metadata);
          const moved = new Uint8Array(bytes.length + shift);
          moved.set(bytes, shift);
          const file = parseSafetensors(moved.subarray(shift), "x.safetensors");
          expect(new Map([...file.tensors].map(([name, tensor]) => [name, plain(tensor)]))).toEqual(
            new Map(entries.map(([name, tensor]) => [name, plain(tensor)])),
          );
          expect({ ...file.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });

  it("npy, in every version, order of axes and order of bytes", () => {
    fc.assert(
      fc.property(
        tensors(numpyDTypes),
        fc.constantFrom(1, 2, 3),
        fc.boolean(),
        fc.constantFrom("little", "big"),
        (tensor, version, fortranOrder, byteOrder) => {
          const bytes = serializeNpy(tensor, { version, fortranOrder, byteOrder });
          expect(plain(parseNpy(bytes, "x.npy"))).toEqual(plain(tensor));
          const header = new TextDecoder().decode(bytes.subarray(0, bytes.length - tensor.data.byteLength));
          expect(header.length % 64).toBe(0);
          expect(header).toContain(`'fortran_order': ${fortranOrder ? "True" : "False"}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("npz, stored and deflated", async () => {
    await fc.assert(
      fc.asyncProperty(named(numpyDTypes, anyName), fc.boolean(), async (entries, compress) => {
        const read = await parseNpz(await serializeNpz(entries, { compress }), "x.npz");
        expect([...read].map(([name, tensor]) => [name, plain(tensor)])).toEqual(
          entries.map(([name, tensor]) => [name, plain(tensor)]),
        );
      }),
      { numRuns: 40 },
    );
  });
});
