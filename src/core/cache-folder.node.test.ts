import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolder } from "./cache-folder.node.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("cached files go where FOVEA_CACHE says, or XDG_CACHE_HOME, or where the system has them", () => {
  vi.stubEnv("FOVEA_CACHE", "/own");
  vi.stubEnv("XDG_CACHE_HOME", "/x");
  expect(cacheFolder()).toBe("/own");
  vi.stubEnv("FOVEA_CACHE", "");
  expect(cacheFolder()).toBe(join("/x", "fovea"));
  vi.stubEnv("XDG_CACHE_HOME", "");
  vi.stubEnv("LOCALAPPDATA", "/local");
  expect(cacheFolder("linux")).toMatch(/\.cache[/\\]fovea$/);
  expect(cacheFolder("darwin")).toMatch(/Library[/\\]Caches[/\\]fovea$/);
  expect(cacheFolder("win32")).toBe(join("/local", "fovea"));
});
