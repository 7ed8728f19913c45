import "./default-backend.ts";

export { type DiskCacheOptions, diskCache } from "./backend/wasm/disk-cache.node.ts";
export { cacheFolder } from "./core/cache-folder.node.ts";
export { type DownloadOptions, download } from "./data/download.node.ts";
export { type ImageFolderOptions, imageFolder } from "./data/image-folder.node.ts";
export { fashionMnist, loadMnist, type MnistOptions, mnist } from "./data/mnist.node.ts";
export { readFile, writeFileAtomic } from "./io/files.node.ts";
export { type RunConfig, RunFolder } from "./train/run-folder.node.ts";
