/** What a server was asked and could not do; `status` is its answer's. */
export class HttpStatusError extends Error {
  readonly status: number;
  /** What the server says about it in a header, or "". */
  readonly detail: string;

  constructor(response: Response) {
    const detail = response.headers.get("x-error-message") ?? "";
    const status = `${response.status} ${response.statusText}`.trimEnd();
    super(`the server answered ${status}${detail === "" ? "" : `: ${detail}`}`);
    this.status = response.status;
    this.detail = detail;
  }
}

/** A time after which a silent server is given up. */
export class StallTimer {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.stop();
    const giveUp = (): void => this.#controller.abort(new Error(`nothing came for ${this.#milliseconds} ms`));
    this.#timer = setTimeout(giveUp, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  /** `authorization` goes to the address's own origin only. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whether to answer with this redirection itself; false unless told. */
  readonly stopAt?: (response: Response) => boolean;
}

const mostRedirects = 10;

/**
 * Asks a server, following redirections; `authorization` is left out once another origin is reached.
 *
 * @throws Error for a redirection without end, without an address, or from https to http.
 */
export async function request(url: string, options: RequestOptions): Promise<Response> {
  const { method = "GET", signal, stopAt = () => false } = options;
  let headers = { "accept-encoding": "identity", ...options.headers };
  let at = new URL(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await fetch(at, { method, headers, signal, redirect: "manual" });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || stopAt(response)) return response;
    await response.body?.cancel();
    if (location === null) throw new Error(`the server answered ${response.status} without an address`);
    const next = new URL(location, at);
    if (at.protocol === "https:" && next.protocol !== "https:") {
      throw new Error(`the server redirects to ${next.origin}, which is not encrypted`);
    }
    if (next.origin !== at.origin) {
      const { authorization: _, ...others } = headers as Record<string, string>;
      headers = others as typeof headers;
    }
    at = next;
  }
  throw new Error(`the server redirects more than ${mostRedirects} times`);
}

/** What went wrong; `fetch` hides that in the cause of a "fetch failed". */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || (cause as Error & { code?: string }).code || error.message;
}

/** Whether asking again may help: the server has trouble, or the connection was cut. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.status >= 500 || [408, 425, 429].includes(error.status);
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return error instanceof CutError || ["ECONNRESET", "UND_ERR_SOCKET", "EPIPE"].includes(code ?? "");
}

/** A connection that ended before the file did. */
export class CutError extends Error {}
