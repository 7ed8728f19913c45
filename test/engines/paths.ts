/** How products are computed, the best first: on 256-bit registers, by fused multiply-adds, or by plain SIMD. */
export type Path = "wide" | "fused" | "plain";

/** The environment in which a process takes a path, or a lesser one where the engine does not have it. */
export const environments: Readonly<Record<Path, Readonly<Record<string, string>>>> = {
  wide: { FOVEA_WASM_WIDE: "1", FOVEA_WASM_FMA: "1" },
  fused: { FOVEA_WASM_WIDE: "0", FOVEA_WASM_FMA: "1" },
  plain: { FOVEA_WASM_WIDE: "0", FOVEA_WASM_FMA: "0" },
};

/** The paths that a version of V8 has, the one that it takes by itself first. */
export function pathsOf(v8: string): readonly Path[] {
  return Number.parseInt(v8, 10) >= 13 ? ["wide", "fused", "plain"] : ["fused", "plain"];
}

/** The path that an environment asks for. */
export function pathIn(env: Readonly<Record<string, string | undefined>>, v8: string): Path {
  if (env["FOVEA_WASM_FMA"] === "0") return "plain";
  return env["FOVEA_WASM_WIDE"] === "0" ? "fused" : pathsOf(v8)[0]!;
}
