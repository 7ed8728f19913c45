import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as the server saw it. */
export interface SeenRequest {
  readonly host: "hub" | "store";
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** What goes wrong with the next answers that carry content. */
export interface Trouble {
  /** Ends the connection after so many bytes. */
  cutAfter?: number;
  /** Answers with this status and nothing else. */
  status?: number;
  /** Sends this in place of the content. */
  content?: Uint8Array;
  /** Ignores that only a part is asked for. */
  wholeFile?: boolean;
  /** Stays silent after the headers. */
  silent?: boolean;
  /** Waits between small pieces. */
  slowly?: number;
}

/**
 * A server that answers as the Hugging Face hub does: large files lie behind a redirection to another host, which has
 * parts, and the headers name the commit and the checksum.
 */
export class HubServer {
  readonly requests: SeenRequest[] = [];
  /** Taken from the front, one for each answer with content. */
  readonly troubles: Trouble[] = [];
  readonly files: Map<string, Uint8Array> = new Map();
  commit: string = "a".repeat(40);
  /** Only who shows it gets in. */
  token: string | undefined;
  endpoint = "";
  #store = "";
  readonly #servers: Server[] = [];
  /** Files of so many bytes lie in the store. */
  readonly #large: number;

  constructor(large = 1000) {
    this.#large = large;
  }

  async listen(): Promise<void> {
    this.endpoint = await this.#start((request, response) => this.#hub(request, response));
    this.#store = await this.#start((request, response) => this.#storeAnswer(request, response));
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  /** The requests that brought content, as "host path range". */
  get transfers(): string[] {
    return this.requests
      .filter(
        ({ method, host, path }) => method === "GET" && (host === "store" || !path.endsWith("safetensors")),
      )
      .map(
        ({ host, path, range }) =>
          `${host} ${path.split("/").at(-1)}${range === undefined ? "" : ` ${range}`}`,
      );
  }

  async #start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(answer);
    this.#servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #see(host: "hub" | "store", { method = "", url = "", headers }: IncomingMessage): void {
    const { authorization, range } = headers;
    this.requests.push({ host, method, path: url, authorization, range });
  }

  #hub(request: IncomingMessage, response: ServerResponse): void {
    this.#see("hub", request);
    const match = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url ?? "");
    const content = match === null ? undefined : this.files.get(match[3]!);
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { "x-error-message": "Invalid credentials in Authorization header" }).end();
    } else if (content === undefined) {
      response.writeHead(404, { "x-error-message": "Entry not found" }).end();
    } else if (content.length < this.#large) {
      response.setHeader("etag", `"${gitSha1(content)}"`);
      response.setHeader("x-repo-commit", this.commit);
      this.#send(request, response, content);
    } else {
      const headers = {
        "x-repo-commit": this.commit,
        "x-linked-etag": `"${sha256(content)}"`,
        "x-linked-size": content.length,
        location: `${this.#store}/${match![3]}`,
      };
      response.writeHead(302, headers).end();
    }
  }

  #storeAnswer(request: IncomingMessage, response: ServerResponse): void {
    this.#see("store", request);
    const content = this.files.get((request.url ?? "").slice(1));
    response.setHeader("accept-ranges", "bytes");
    if (content === undefined) response.writeHead(404).end();
    else {
      response.setHeader("etag", `"${sha256(content).slice(0, 32)}"`);
      this.#send(request, response, content);
    }
  }

  #send(request: IncomingMessage, response: ServerResponse, original: Uint8Array): void {
    if (request.method === "HEAD") {
      response.writeHead(200, { "content-length": original.length }).end();
      return;
    }
    const trouble = this.troubles.shift() ?? {};
    const content = trouble.content ?? original;
    if (trouble.status !== undefined) {
      response.writeHead(trouble.status).end();
      return;
    }
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const from = asked && !trouble.wholeFile ? Number(asked[1]) : 0;
    if (from > 0) {
      response.statusCode = 206;
      response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
    }
    const part = content.subarray(from);
    response.setHeader("content-length", part.length);
    if (trouble.silent) response.flushHeaders();
    else if (trouble.cutAfter !== undefined) {
      response.write(part.subarray(0, trouble.cutAfter), () => setTimeout(() => response.destroy(), 100));
    } else if (trouble.slowly !== undefined) void trickle(response, part, trouble.slowly);
    else response.end(part);
  }
}

async function trickle(response: ServerResponse, content: Uint8Array, milliseconds: number): Promise<void> {
  const piece = Math.ceil(content.length / 8);
  for (let at = 0; at < content.length; at += piece) {
    response.write(content.subarray(at, at + piece));
    await new Promise((done) => setTimeout(done, milliseconds));
  }
  response.end();
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export function gitSha1(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
