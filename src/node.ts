import "./default-backend.ts";

export { type DiskCacheOptions, diskCache } from "./backend/wasm/disk-cache.node.ts";
export { cacheFolder } from "./core/cache-folder.node.ts";
