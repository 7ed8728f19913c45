import { fetchWeights } from "#weights";
import { ArgumentError } from "../core/errors.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import type { HubOptions } from "../io/hub/hub-options.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { parseWeights } from "../io/weights/parse-weights.ts";
import type { Module } from "../nn/module.ts";
import { loadTransferred } from "../nn/transfer.ts";
import type { ModelEntry } from "./model-entry.ts";
import { listModels } from "./registry.ts";
import { type TimmArchitecture, timmArchitecture, timmArchitectureOf } from "./timm/architectures.ts";
import { parseTimmConfig, type TimmConfig } from "./timm/config.ts";
import { fromTimm, setBatchNormEps } from "./timm/timm-tensors.ts";

export interface OpenOptions extends HubOptions {
  /** The network's name, ours or timm's, for a source that does not say. */
  readonly architecture?: string | undefined;
}

export interface PretrainedOptions extends OpenOptions {
  /** Classes of the network; where the source has another number, the head keeps its initial values. */
  readonly numClasses?: number | undefined;
}

/** A network with published weights, in evaluation mode, and what goes with it. */
export interface Pretrained {
  readonly model: Module;
  readonly entry: ModelEntry;
  /** How images are prepared; undefined where neither the source nor the registry says. */
  readonly preprocessing: Preprocessing | undefined;
  /** The names of the classes, where the source has them. */
  readonly labels: readonly string[] | undefined;
  /** config.json, where the source has one. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** Names of variables of the head that kept their initial values. */
  readonly initialized: readonly string[];
}

/** Published weights before there is a network for them. */
export interface PretrainedSource {
  readonly entry: ModelEntry;
  readonly config: TimmConfig | undefined;
  readonly preprocessing: Preprocessing | undefined;
  /** How timm names the tensors, if it has the network. */
  readonly timm: TimmArchitecture | undefined;
  readonly tensors: ReadonlyMap<string, HostTensor>;
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
  const opened = await openPretrained(source, options);
  const { entry, config, preprocessing } = opened;
  const numClasses = options.numClasses ?? (config?.numClasses || undefined);
  const model = entry.create({
    ...(numClasses !== undefined && { numClasses }),
    ...(config?.inChannels !== undefined && { inChannels: config.inChannels }),
  });
  const initialized = await loadInto(model, opened);
  return {
    model: model.eval(),
    entry,
    preprocessing,
    labels: config?.labels,
    config: config?.json,
    initialized,
  };
}

/** Reads published weights from a source as `loadPretrained` does, and finds out which network they are for. */
export async function openPretrained(source: string, options: OpenOptions = {}): Promise<PretrainedSource> {
  const own = listModels().find(({ name }) => name === source);
  if (own !== undefined && own.weights === undefined)
    throw new ArgumentError(`there are no weights for ${source}`);
  const { config: file, weights } = await fetchWeights(own?.weights?.source ?? source, options);
  const config = file === undefined ? undefined : parseTimmConfig(file);
  const { entry, timm } = findArchitecture(source, options.architecture ?? own?.name, config?.architecture);
  return {
    entry,
    config,
    preprocessing: config?.preprocessing ?? entry.weights?.preprocessing,
    timm,
    tensors: await parseWeights(weights),
  };
}

/**
 * Loads published weights into a network that was made for them, under whichever names they come.
 *
 * @returns the names of the head's variables that kept their initial values, as the classes are other ones.
 * @throws StateDictError if the weights do not fit; nothing is changed then.
 */
export async function loadInto(model: Module, source: PretrainedSource): Promise<readonly string[]> {
  const { entry, timm } = source;
  const names = new Map([...model.namedParameters(), ...model.namedBuffers()]);
  let tensors = fromOldNames(source.tensors);
  if (timm !== undefined && !hasAll(tensors, names)) {
    tensors = fromTimm(tensors, names, timm);
    if (timm.batchNormEps !== undefined) setBatchNormEps(model, timm.batchNormEps);
  }
  const used = [...tensors].filter(([name]) => names.has(name) || !auxiliary.test(name));
  return loadTransferred(model, new Map(used), entry.head);
}

interface Architecture {
  readonly entry: ModelEntry;
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
  const wanted = asked === undefined ? undefined : required(asked);
  const found = stated === undefined ? undefined : known(stated);
  if (wanted === undefined) return found ?? required(stated!);
  if (found !== undefined && found.entry !== wanted.entry) {
    throw new ArgumentError(`${source} has weights of ${stated}, but ${asked} is asked for`);
  }
  // The source's name says how its tensors are named.
  return found ?? wanted;
}

function known(name: string): Architecture | undefined {
  const timm = timmArchitecture(name);
  const entry = listModels().find((each) => each.name === (timm?.model ?? name));
  return entry && { entry, timm: timm ?? timmArchitectureOf(entry.name) };
}

function required(name: string): Architecture {
  const found = known(name);
  if (found !== undefined) return found;
  const names = listModels().map((each) => each.name);
  throw new ArgumentError(
    `there is no network here for the architecture "${name}"; there are ${names.join(", ")}`,
  );
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
