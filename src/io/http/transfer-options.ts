/** How much of a file is there; `total` is undefined where the server does not say. */
export interface DownloadProgress {
  /** What is fetched: where it goes, or its name in a repository. */
  readonly path: string;
  readonly bytes: number;
  readonly total: number | undefined;
}

export interface TransferOptions {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gives an address up when nothing comes for so long; 20,000 unless told. */
  readonly stallMilliseconds?: number | undefined;
  /** How often to try again when the connection is cut or the server has trouble; 4 unless told. */
  readonly retries?: number | undefined;
  /** The wait before the first of these, which doubles with each; 500 unless told. */
  readonly retryMilliseconds?: number | undefined;
}
