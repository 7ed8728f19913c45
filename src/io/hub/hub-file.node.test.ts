import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { gitSha1, HubServer, sha256 } from "../../../test/hub-server.ts";
import { ArgumentError, FileError } from "../../core/errors.ts";
import { HubCache, hubCacheFolder } from "./hub-cache.node.ts";
import { findHubFile, hubFile } from "./hub-file.node.ts";
import type { HubOptions } from "./hub-options.ts";

const config = new TextEncoder().encode('{"architecture": "resnet50"}');
const weights = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const repository = "timm/resnet50.a1_in1k";

let server: HubServer;
let home: string;
let root: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "fovea-hub-"));
  root = join(home, "hub", "models--timm--resnet50.a1_in1k");
  server = new HubServer();
  server.files.set("config.json", config).set("model.safetensors", weights);
  await server.listen();
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  for (const name of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"])
    vi.stubEnv(name, "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(home, { recursive: true });
});

const get = (file = "model.safetensors", options: HubOptions = {}): Promise<string> =>
  hubFile(repository, file, { retryMilliseconds: 1, ...options });

async function failure(attempt: Promise<unknown>): Promise<FileError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FileError);
  return error as FileError;
}

async function expectWeightsAt(path: string): Promise<void> {
  expect((await readFile(path)).equals(weights)).toBe(true);
  expect(await readdir(join(root, "blobs"))).toEqual([sha256(weights)]);
  expect(await readdir(join(home, "hub", ".locks", "models--timm--resnet50.a1_in1k"))).toEqual([]);
}

describe("a file of the hub", () => {
  test("lies where the hub's own libraries keep it", async () => {
    const path = await get();
    expect(path).toBe(join(root, "snapshots", server.commit, "model.safetensors"));
    expect(await readlink(path)).toBe(`../../blobs/${sha256(weights)}`);
    await expectWeightsAt(path);
    expect(await readFile(join(root, "refs", "main"), "utf8")).toBe(server.commit);
    const small = await get("config.json");
    expect(await readlink(small)).toBe(`../../blobs/${gitSha1(config)}`);
  });

  test("is fetched once, and asked for again without being fetched", async () => {
    await get();
    await get();
    expect(server.transfers).toEqual(["store model.safetensors"]);
    expect(server.requests.filter(({ method }) => method === "HEAD").length).toBe(2);
    await get("model.safetensors", { revision: server.commit });
    expect(server.requests.length).toBe(4);
  });

  test("is a copy where there are no links", async () => {
    vi.stubEnv("HF_HUB_DISABLE_SYMLINKS", "1");
    const path = await get();
    expect((await lstat(path)).isSymbolicLink()).toBe(false);
    await expectWeightsAt(path);
  });

  test("is fetched again when the revision stands for another commit", async () => {
    const old = await get("config.json");
    server.commit = "b".repeat(40);
    server.files.set("config.json", new TextEncoder().encode("{}"));
    const path = await get("config.json");
    expect(await readFile(path, "utf8")).toBe("{}");
    expect((await readFile(old)).equals(config)).toBe(true);
    expect(await readFile(join(root, "refs", "main"), "utf8")).toBe(server.commit);
  });

  test("tells how much has come", async () => {
    server.troubles.push({ slowly: 5 });
    const seen: number[] = [];
    await get("model.safetensors", {
      onProgress: ({ bytes, total }) => {
        expect(total).toBe(weights.length);
        seen.push(bytes);
      },
    });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toBe(weights.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test("comes from one download when two ask at once", async () => {
    server.troubles.push({ slowly: 10 });
    const [a, b] = await Promise.all([get(), get()]);
    expect(a).toBe(b);
    expect(server.transfers).toEqual(["store model.safetensors"]);
    await expectWeightsAt(a!);
  });

  // Node 20 runs no TypeScript by itself.
  const runsTypeScript = Number.parseInt(process.versions.node, 10) >= 22;
  test.runIf(runsTypeScript)("comes from one download when two processes ask at once", async () => {
    server.troubles.push({ slowly: 60 });
    const module = new URL("./hub-file.node.ts", import.meta.url).href;
    const script = `import { hubFile } from ${JSON.stringify(module)};
      console.log(await hubFile(${JSON.stringify(repository)}, "model.safetensors"));`;
    const args = ["--experimental-transform-types", "--no-warnings", "--input-type=module", "--eval", script];
    const run = () =>
      promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(new URL(".", import.meta.url)) });
    const [a, b] = await Promise.all([run(), run()]);
    expect(a.stdout).toBe(b.stdout);
    expect(server.transfers).toEqual(["store model.safetensors"]);
    await expectWeightsAt(a.stdout.trim());
  });
});

describe("a download that is cut", () => {
  test("goes on where it ended", async () => {
    server.troubles.push({ cutAfter: 20_000 }, { cutAfter: 10_000 });
    await expectWeightsAt(await get());
    expect(server.transfers).toEqual([
      "store model.safetensors",
      "store model.safetensors bytes=20000-",
      "store model.safetensors bytes=30000-",
    ]);
  });

  test("goes on the next time where it was given up", async () => {
    server.troubles.push({ cutAfter: 20_000 });
    expect((await failure(get("model.safetensors", { retries: 0 }))).message).toContain(
      "could not be fetched",
    );
    expect(await readdir(join(root, "blobs"))).toEqual([`${sha256(weights)}.incomplete`]);
    await expectWeightsAt(await get());
    expect(server.transfers.at(-1)).toBe("store model.safetensors bytes=20000-");
  });

  test("begins again where the server gives the whole file only", async () => {
    server.troubles.push({ cutAfter: 20_000 }, { wholeFile: true });
    await expectWeightsAt(await get());
  });

  test("begins again where what lay there was damaged", async () => {
    await mkdir(join(root, "blobs"), { recursive: true });
    await writeFile(join(root, "blobs", `${sha256(weights)}.incomplete`), new Uint8Array(30_000));
    await expectWeightsAt(await get());
    expect(server.transfers).toEqual(["store model.safetensors bytes=30000-", "store model.safetensors"]);
  });

  test("begins again where more lay there than the file has", async () => {
    await mkdir(join(root, "blobs"), { recursive: true });
    await writeFile(join(root, "blobs", `${sha256(weights)}.incomplete`), new Uint8Array(60_000));
    await expectWeightsAt(await get());
  });

  test("is tried again when the server has trouble, and not forever", async () => {
    server.troubles.push({ status: 503 }, { status: 500 });
    await expectWeightsAt(await get());
    await rm(root, { recursive: true });
    server.troubles.push(...Array.from({ length: 3 }, () => ({ status: 503 })));
    expect((await failure(get("model.safetensors", { retries: 2 }))).message).toContain("503");
    expect(server.troubles).toEqual([]);
  });
});

describe("what is wrong", () => {
  test("wrong bytes are an error, and nothing is kept", async () => {
    server.troubles.push({ content: new Uint8Array(weights.length) });
    expect((await failure(get())).message).toContain(`but ${sha256(weights)} was expected`);
    expect(await readdir(join(root, "blobs"))).toEqual([]);
    server.troubles.push({ content: new Uint8Array(config.length) });
    expect((await failure(get("config.json"))).message).toContain(`but ${gitSha1(config)} was expected`);
    expect(await readdir(join(root, "blobs"))).toEqual([]);
  });

  test("a silent server is given up", async () => {
    server.troubles.push({ silent: true });
    const options = { stallMilliseconds: 100 };
    expect((await failure(get("model.safetensors", options))).message).toContain("nothing came for 100 ms");
  });

  test("who waits may stop", async () => {
    server.troubles.push({ slowly: 200 });
    const signal = AbortSignal.timeout(50);
    await expect(get("model.safetensors", { signal })).rejects.toThrow("timeout");
  });

  test.each([
    ["absent.bin", undefined, 404, "does not exist"],
    ["model.safetensors", "hf_secret", 401, "set HF_TOKEN"],
  ])("%s with the server's token %s", async (file, token, status, hint) => {
    server.token = token;
    const { message } = await failure(get(file));
    expect(message).toContain(`${repository}/${file}: could not be fetched`);
    expect(message).toContain(String(status));
    expect(message).toContain(`hint: `);
    expect(message).toContain(hint);
  });

  test("a wrong token is told apart from none", async () => {
    server.token = "hf_secret";
    expect((await failure(get("config.json", { token: "hf_other" }))).message).toContain(
      "token has no access",
    );
  });

  test.each(["a", "..", "a/b/c", "../b", "a/..", "a/b..c", "a b/c", ""].filter((name) => name !== "a"))(
    "%j is no repository",
    async (name) => {
      await expect(hubFile(name, "config.json")).rejects.toThrow(ArgumentError);
    },
  );

  test("a path that leads out of the snapshot is refused", async () => {
    for (const file of ["../x", "a/../../x", "/etc/passwd", "a//b", "C:\\x"]) {
      await expect(get(file)).rejects.toThrow(ArgumentError);
    }
    expect(server.requests).toEqual([]);
  });

  test("an answer that is not the hub's", async () => {
    server.commit = "../../x";
    expect((await failure(get())).message).toContain("does not name a commit");
  });
});

describe("the token", () => {
  const sent = (): (string | undefined)[] =>
    server.requests.map(({ host, authorization }) => `${host} ${authorization}`);

  test.each(["option", "HF_TOKEN", "file"])("comes from %s, and goes to the hub only", async (from) => {
    server.token = "hf_secret";
    if (from === "HF_TOKEN") vi.stubEnv("HF_TOKEN", "hf_secret");
    if (from === "file") await writeFile(join(home, "token"), "hf_secret\n");
    await get("model.safetensors", from === "option" ? { token: "hf_secret" } : {});
    expect(sent()).toEqual(["hub Bearer hf_secret", "hub Bearer hf_secret", "store undefined"]);
  });
});

describe("without the hub", () => {
  test("the cache's file is taken, and what is not there is said", async () => {
    const path = await get();
    await server.close();
    expect(await get()).toBe(path);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await get()).toBe(path);
    expect((await failure(get("config.json"))).message).toContain("HF_HUB_OFFLINE");
    expect(await findHubFile(repository, "config.json")).toBeUndefined();
  });

  test("nobody is asked with HF_HUB_OFFLINE", async () => {
    await get();
    const before = server.requests.length;
    await get("model.safetensors", { offline: true });
    expect(server.requests.length).toBe(before);
  });

  test("the cache lies where the environment says", () => {
    expect(hubCacheFolder()).toBe(join(home, "hub"));
    vi.stubEnv("HF_HUB_CACHE", "/somewhere");
    expect(hubCacheFolder()).toBe("/somewhere");
  });

  test("a cache that huggingface_hub made is read", async () => {
    const commit = "c".repeat(40);
    await mkdir(join(root, "snapshots", commit), { recursive: true });
    await mkdir(join(root, "refs"), { recursive: true });
    await writeFile(join(root, "snapshots", commit, "config.json"), config);
    await writeFile(join(root, "refs", "main"), commit);
    expect(await get("config.json", { offline: true })).toBe(
      new HubCache(repository).pointer(commit, "config.json"),
    );
  });
});
