import { createHash } from "node:crypto";
import { type FileHandle, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FileError } from "../../core/errors.ts";
import { type DownloadOptions, download, downloadFile } from "./download.node.ts";
import { HttpStatusError } from "./request.ts";

const content = Buffer.from("the file's content ".repeat(5000));
const file = { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };

const answers: Record<string, RequestListener> = {
  "/good": (_, response) => response.end(content),
  "/wrong": (_, response) => response.end(Buffer.alloc(content.length)),
  "/short": (_, response) => response.end(content.subarray(0, 100)),
  "/long": (_, response) => {
    response.on("error", () => {});
    const more = (): void => {
      while (!response.destroyed && response.write(content));
      response.once("drain", more);
    };
    more();
  },
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 1000), () => response.destroy());
  },
  "/busy": (_, response) => response.writeHead(503).end(),
  "/moved": (_, response) => response.writeHead(302, { location: "/good" }).end(),
  "/endless": (_, response) => response.writeHead(302, { location: "/endless" }).end(),
  "/silent": (_, response) => response.write("x"),
};

let server: Server;
let base: string;
let folder: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), "fovea-download-"));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

function get(paths: readonly string[], options: Partial<DownloadOptions> = {}): Promise<Uint8Array> {
  return download({
    urls: paths.map((path) => base + path),
    path: join(folder, "a", "file"),
    file,
    retryMilliseconds: 1,
    ...options,
  });
}

describe("download", () => {
  test("writes the file into a folder that it makes", async () => {
    expect(Buffer.from(await get(["/good"])).equals(content)).toBe(true);
    expect((await readFile(join(folder, "a", "file"))).equals(content)).toBe(true);
    expect(await readdir(join(folder, "a"))).toEqual(["file"]);
  });

  test("goes on to the next address when one fails", async () => {
    await get(["/absent", "/cut", "/wrong", "/good"]);
    expect((await readFile(join(folder, "a", "file"))).equals(content)).toBe(true);
  });

  test.each([
    ["/absent", "the server answered 404 Not Found"],
    ["/wrong", `but ${file.sha256} was expected`],
    ["/short", `100 bytes came, but ${file.bytes} were expected`],
    ["/long", `more than the ${file.bytes} bytes expected came`],
    ["/cut", "/cut: "],
    ["/silent", "nothing came for 100 ms"],
  ])("says why %s is not the file, and leaves nothing behind", async (path, reason) => {
    const error: unknown = await get([path], { stallMilliseconds: 100 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toContain("could not be downloaded\n");
    expect((error as FileError).message).toContain(reason);
    expect(await readdir(join(folder, "a"))).toEqual([]);
  });

  test("says so when nobody listens", async () => {
    const closed = createServer();
    await new Promise<void>((done) => closed.listen(0, "127.0.0.1", done));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    await expect(get([], { urls: [`http://127.0.0.1:${port}/x`] })).rejects.toThrow("ECONNREFUSED");
  });

  test("stops when it is told to", async () => {
    const signal = AbortSignal.timeout(20);
    await expect(get(["/silent", "/good"], { signal })).rejects.toThrow("timeout");
    expect(await readdir(join(folder, "a"))).toEqual([]);
  });

  test("reports a folder that cannot be made", async () => {
    await writeFile(join(folder, "a"), "a file, not a folder");
    await expect(get(["/good"])).rejects.toThrow(FileError);
  });
});

describe("downloadFile", () => {
  const path = (): string => join(folder, "a", "file");
  const options = { retryMilliseconds: 1, retries: 2 };

  test("takes what comes where nothing is known of it", async () => {
    await downloadFile({ ...options, url: `${base}/good`, path: path() });
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test("keeps no part that could not be checked later", async () => {
    await expect(downloadFile({ ...options, url: `${base}/cut`, path: path() })).rejects.toThrow();
    expect(await readdir(join(folder, "a"))).toEqual([]);
  });

  test("takes a file that is there as it is", async () => {
    await downloadFile({ ...options, url: `${base}/good`, path: path() });
    await downloadFile({ ...options, url: `${base}/absent`, path: path() });
  });

  test.each([
    ["/absent", 404],
    ["/busy", 503],
  ])("tells what the server answered to %s", async (address, status) => {
    const error: unknown = await downloadFile({ ...options, url: base + address, path: path() }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(HttpStatusError);
    expect((error as HttpStatusError).status).toBe(status);
  });

  test("follows redirections, and not without end", async () => {
    await downloadFile({ ...options, url: `${base}/moved`, path: path() });
    await rm(path());
    const endless = downloadFile({ ...options, url: `${base}/endless`, path: path() });
    await expect(endless).rejects.toThrow("redirects more than 10 times");
  });

  test("reports a disk that is full, and leaves nothing behind", async () => {
    // A limit on files' size fails as a full disk does, in a write.
    const write = vi.spyOn(Object.getPrototypeOf(await handlePrototype()), "write");
    write.mockRejectedValueOnce(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }));
    await expect(
      downloadFile({ ...options, url: `${base}/good`, path: path(), expected: file }),
    ).rejects.toThrow("no space left on the device");
    write.mockRestore();
    expect(await readdir(join(folder, "a"))).toEqual([]);
  });
});

/** Any open file, for what all of them inherit. */
async function handlePrototype(): Promise<FileHandle> {
  const handle = await open(join(folder, "handle"), "w");
  await handle.close();
  return handle;
}
