import { enableRelaxedSimd, enableWideVectors, environment } from "#platform";
import { acceptsRelaxedMadd, acceptsSimd, acceptsThreads } from "./probe.ts";

/** What the WebAssembly engine under us can do. */
export interface Features {
  /** 128-bit vectors; the backend cannot work without them. */
  readonly simd: boolean;
  /** `f32x4.relaxed_madd`: a multiply-add, fused where the processor has one. */
  readonly relaxedMadd: boolean;
  /** The engine may join pairs of vectors into one of 256 bits; whether it does has to be tried. */
  readonly wide: boolean;
  /** Shared memory, atomics, and a page or process that is allowed to share. */
  readonly threads: boolean;
}

let detected: Features | undefined;

/** The features of this engine, detected once by validating tiny modules. */
export function features(): Features {
  return (detected ??= detectFeatures());
}

/**
 * The features as they are now.
 *
 * `FOVEA_WASM_FMA=0` hides the multiply-add, `FOVEA_WASM_WIDE=0` vectors of 256 bits and `FOVEA_WASM_THREADS=0`
 * threads, so that the plain paths can be tested on an engine that has more.
 */
export function detectFeatures(): Features {
  const relaxedMadd = environment("FOVEA_WASM_FMA") !== "0" && supportsRelaxedMadd();
  return {
    simd: acceptsSimd(),
    relaxedMadd,
    wide: relaxedMadd && environment("FOVEA_WASM_WIDE") !== "0" && enableWideVectors(),
    threads: environment("FOVEA_WASM_THREADS") !== "0" && mayShareMemory() && acceptsThreads(),
  };
}

function supportsRelaxedMadd(): boolean {
  enableRelaxedSimd();
  return acceptsRelaxedMadd();
}

/** A browser shares memory only between workers of a page that is cross-origin isolated. */
function mayShareMemory(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  return !("crossOriginIsolated" in globalThis) || globalThis.crossOriginIsolated;
}
