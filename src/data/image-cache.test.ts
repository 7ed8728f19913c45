import { expect, test } from "vitest";
import type { Image } from "../io/image.ts";
import { ImageCache } from "./image-cache.ts";

const ofBytes = (length: number): Image => ({
  width: length,
  height: 1,
  channels: 1,
  data: new Uint8Array(length),
});

test("the images that were not used for the longest time make room for new ones", () => {
  const cache = new ImageCache(10);
  const [a, b, c] = [ofBytes(4), ofBytes(5), ofBytes(3)];
  cache.set("a", a);
  cache.set("b", b);
  expect(cache.get("a")).toBe(a);
  cache.set("c", c);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([a, undefined, c]);
});

test("an image that is larger than all room is not kept, and takes none", () => {
  const cache = new ImageCache(10);
  cache.set("a", ofBytes(10));
  cache.set("b", ofBytes(11));
  expect(cache.get("b")).toBeUndefined();
  expect(cache.get("a")).toBeDefined();
  cache.set("a", ofBytes(2));
  cache.set("c", ofBytes(8));
  expect(cache.get("a")).toBeDefined();
});
