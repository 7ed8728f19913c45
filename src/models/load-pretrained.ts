import { fetchWeights } from "#weights";
import { ArgumentError } from "../core/errors.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import type { HubOptions } from "../io/hub/hub-options.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { parseWeights } from "../io/weights/parse-weights.ts";
import type { Module } from "../nn/module.ts";
import { imagenetClasses } from "./imagenet-classes.ts";
import { loadWeights } from "./load-weights.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { findEntry, listModels } from "./registry.ts";
import { type TimmArchitecture, timmArchitecture, timmArchitectureOf } from "./timm/architectures.ts";
import { parseTimmConfig } from "./timm/config.ts";
import { fromTimm, setBatchNormEps } from "./timm/timm-tensors.ts";

/** Where the source has another number of classes, the head keeps its initial values. */
export interface PretrainedOptions extends HubOptions, ModelOptions {
  /** The network's name, ours or timm's, for a source that does not say. */
  readonly architecture?: string;
}

/** A network with published weights, in evaluation mode, and what goes with it. */
export interface Pretrained {
  readonly model: Module;
  readonly entry: ModelEntry;
  /** How images are prepared; undefined where neither the source nor the registry says. */
  readonly preprocessing: Preprocessing | undefined;
  /** The names of the classes, where the source has them or they are ImageNet's; undefined with a new head. */
  readonly labels: readonly string[] | undefined;
  /** config.json, where the source has one. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** Names of variables of the head that kept their initial values. */
  readonly initialized: readonly string[];
}

/** What published files have and networks lack: heads that only training uses, unless they are asked for. */
const auxiliary = /^(AuxLogits|aux\d?|aux_classifier)\./;

/**
 * Makes a network with published weights.
 *
 * @param source a repository of the Hugging Face hub ("timm/resnet50.a1_in1k"), the address of a PyTorch or
 * safetensors file, in Node also a file or a folder with config.json and model.safetensors, or the name of a network of
 * the registry that has weights.
 * @throws FileError if the source cannot be read; ArgumentError for an architecture that is not here; StateDictError
 * if the weights do not fit.
 */
export async function loadPretrained(source: string, options: PretrainedOptions = {}): Promise<Pretrained> {
  const own = findEntry(source);
  if (own !== undefined && own.weights === undefined)
    throw new ArgumentError(`there are no weights for ${source}`);
  const { config: file, weights } = await fetchWeights(own?.weights?.source ?? source, options);
  const config = file === undefined ? undefined : parseTimmConfig(file);
  const { entry, timm } = findArchitecture(source, options.architecture ?? own?.name, config?.architecture);
  const numClasses = options.numClasses ?? (config?.numClasses || undefined);
  const inChannels = options.inChannels ?? config?.inChannels;
  const model = entry.create({
    ...(numClasses !== undefined && { numClasses }),
    ...(inChannels !== undefined && { inChannels }),
    ...(options.auxiliary !== undefined && { auxiliary: options.auxiliary }),
  } satisfies ModelOptions);
  let tensors: ReadonlyMap<string, HostTensor> = await parseWeights(weights);
  const names = new Map([...model.namedParameters(), ...model.namedBuffers()]);
  if (timm !== undefined && !hasAll(tensors, names)) {
    tensors = fromTimm(tensors, names, timm);
    if (timm.batchNormEps !== undefined) setBatchNormEps(model, timm.batchNormEps);
  }
  const { missing } = loadWeights(model, fromOldNames(tensors), {
    head: entry.head,
    headless: config?.numClasses === 0 && options.numClasses !== undefined,
    ignored: auxiliary,
  });
  return {
    model: model.eval(),
    entry,
    preprocessing: config?.preprocessing ?? entry.weights?.preprocessing,
    labels: missing.length === 0 ? (config?.labels ?? usualLabels(entry, numClasses)) : undefined,
    config: config?.json,
    initialized: missing,
  };
}

/** The thousand classes of networks for photographs are ImageNet's. */
function usualLabels({ task, numClasses }: ModelEntry, count = numClasses): readonly string[] | undefined {
  const usual = task === "classification" && numClasses === imagenetClasses.length && count === numClasses;
  return usual ? imagenetClasses : undefined;
}

interface Architecture {
  readonly entry: ModelEntry;
  /** How timm names the tensors, if it has the network. */
  readonly timm: TimmArchitecture | undefined;
}

/** The network that is asked for and the one that the source names, which must be the same. */
function findArchitecture(
  source: string,
  asked: string | undefined,
  stated: string | undefined,
): Architecture {
  if (asked === undefined && stated === undefined) {
    throw new ArgumentError(`${source} does not say which network it is for: give the option architecture`);
  }
  const wanted = known((asked ?? stated)!);
  if (wanted === undefined) {
    const names = listModels().map((each) => each.name);
    throw new ArgumentError(
      `there is no network here for the architecture "${asked ?? stated}"; there are ${names.join(", ")}`,
    );
  }
  const found = asked === undefined || stated === undefined ? wanted : known(stated);
  if (found !== undefined && found.entry !== wanted.entry) {
    throw new ArgumentError(`${source} has weights of ${stated}, but ${asked} is asked for`);
  }
  return found ?? wanted;
}

function known(name: string): Architecture | undefined {
  const timm = timmArchitecture(name);
  const entry = findEntry(timm?.model ?? name);
  return entry && { entry, timm: timm ?? timmArchitectureOf(entry.name) };
}

/** Whether the tensors have our names already; counters of batches may be absent. */
function hasAll(tensors: ReadonlyMap<string, HostTensor>, names: ReadonlyMap<string, unknown>): boolean {
  return [...names.keys()].every((name) => tensors.has(name) || name.endsWith(".num_batches_tracked"));
}

/** Names in torchvision's files for DenseNet, from before PyTorch forbade dots in them: `norm.1` for `norm1`. */
function fromOldNames(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const old = /(\.denselayer\d+\.(?:norm|conv))\.([12]\.)/;
  return new Map([...tensors].map(([name, tensor]) => [name.replace(old, "$1$2"), tensor]));
}
