import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileError } from "../core/errors.ts";
import { readFile, writeFileAtomic } from "./files.node.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function failure(action: Promise<unknown>): Promise<FileError> {
  const error = await action.catch((reason: unknown) => reason);
  if (error instanceof FileError) return error;
  throw error;
}

describe("readFile", () => {
  it("reads the bytes", async () => {
    writeFileSync(join(folder, "a"), Uint8Array.of(1, 2, 255));
    const bytes = await readFile(join(folder, "a"));
    expect(bytes).toEqual(Uint8Array.of(1, 2, 255));
    expect(Buffer.isBuffer(bytes)).toBe(false);
  });

  it("says what is wrong with the path", async () => {
    writeFileSync(join(folder, "a"), "");
    symlinkSync("loop", join(folder, "loop"));
    const missing = join(folder, "missing");
    expect(await failure(readFile(missing))).toMatchObject({
      file: missing,
      message: expect.stringContaining("not exist"),
    });
    expect((await failure(readFile(folder))).message).toBe(`${folder}: is a folder`);
    expect((await failure(readFile(join(folder, "a", "b")))).message).toContain("no folder");
    expect((await failure(readFile(join(folder, "loop")))).message).toContain("ELOOP");
    expect((await failure(readFile("a\0b"))).message).toContain("null bytes");
  });

  it.skipIf(process.platform === "win32")(
    "does not read a device, which may never end (POSIX only)",
    async () => {
      expect((await failure(readFile("/dev/zero"))).message).toContain("neither a regular file nor a pipe");
    },
  );
});

describe("writeFileAtomic", () => {
  it("writes a new file, replaces an old one, and leaves nothing beside it", async () => {
    const path = join(folder, "model.safetensors");
    await writeFileAtomic(path, Uint8Array.of(1));
    await writeFileAtomic(path, Uint8Array.of(2, 3));
    expect([...readFileSync(path)]).toEqual([2, 3]);
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  });

  it("names the file and leaves nothing behind where it fails", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "inner"), { recursive: true });
    expect(await failure(writeFileAtomic(path, Uint8Array.of(1)))).toMatchObject({ file: path });
    expect(readdirSync(folder)).toEqual(["taken"]);
    const nowhere = join(folder, "missing", "a");
    expect((await failure(writeFileAtomic(nowhere, Uint8Array.of(1)))).message).toContain("does not exist");
  });

  it("never shows a part of a file to a reader", async () => {
    const path = join(folder, "big");
    const versions = [1, 2, 3, 4].map((value) => new Uint8Array(300_000).fill(value));
    await writeFileAtomic(path, versions[0]!);
    let writing = true;
    const written = (async () => {
      for (const version of versions) await writeFileAtomic(path, version);
      writing = false;
    })();
    while (writing) {
      const bytes = await readFile(path);
      expect(bytes.length).toBe(300_000);
      expect(bytes.at(-1)).toBe(bytes[0]);
    }
    await written;
  });
});
