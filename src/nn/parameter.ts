import { Variable } from "../core/variable.ts";

/** A variable that is learned, as opposed to a buffer such as a running mean: `Module.parameters` finds these. */
export class Parameter extends Variable {}
