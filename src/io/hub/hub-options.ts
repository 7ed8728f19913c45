import type { TransferOptions } from "../http/transfer-options.ts";

export interface HubOptions extends TransferOptions {
  /** A branch, a tag or a commit; `main` unless told. */
  readonly revision?: string | undefined;
  /** Where the cache lies, in place of `hubCacheFolder`. */
  readonly cache?: string | undefined;
  /** For private and gated repositories; HF_TOKEN, or the file `token` in `hubHome`, unless told. */
  readonly token?: string | undefined;
  /** The hub's address; HF_ENDPOINT, or https://huggingface.co, unless told. */
  readonly endpoint?: string | undefined;
  /** Takes what the cache has and asks nobody; HF_HUB_OFFLINE=1 does so too. */
  readonly offline?: boolean | undefined;
}

export const defaultEndpoint: string = "https://huggingface.co";

/** The address of a repository's file at a revision. */
export function hubUrl(endpoint: string, repository: string, revision: string, file: string): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${endpoint.replace(/\/$/, "")}/${repository}/resolve/${encodeURIComponent(revision)}/${path}`;
}
