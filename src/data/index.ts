import "../default-backend.ts";

export * from "./augment/index.ts";
export { Batch } from "./batch.ts";
