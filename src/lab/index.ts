import "../default-backend.ts";

export {
  type DataName,
  dataNames,
  type Experiment,
  type LabContext,
  part,
} from "./experiment.ts";
export { experiments } from "./experiments.ts";
export { measureOverSeeds, overSeeds } from "./over-seeds.ts";
export { type Json, type Picture, pictureFile, type Report, type Table, type Verdict } from "./report.ts";
export { type RunFacts, reportMarkdown } from "./report-markdown.ts";
export { median, percent, type Statistics, statistics } from "./statistics.ts";
export { countParameters, type Trained, type TrainingRecipe, trainClassifier } from "./train-classifier.ts";
