import "./default-backend.ts";

export { type DownloadOptions, download } from "./data/download.node.ts";
export { cacheFolder, fashionMnist, loadMnist, type MnistOptions, mnist } from "./data/mnist.node.ts";
export { readFile, writeFileAtomic } from "./io/files.node.ts";
export { type RunConfig, RunFolder } from "./train/run-folder.node.ts";
