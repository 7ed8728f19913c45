import { ArgumentError } from "../core/errors.ts";
import { alexnetEntries } from "./alexnet.ts";
import { alexnet2012Entries } from "./alexnet-2012.ts";
import { allCnnEntries } from "./all-cnn.ts";
import { batchNormNetEntries } from "./batch-norm-net.ts";
import { cifarResnetEntries } from "./cifar-resnet.ts";
import { convAutoencoderEntries } from "./conv-autoencoder.ts";
import { convnextEntries } from "./convnext.ts";
import { deepLabV3Entries } from "./deeplab-v3.ts";
import { densenetEntries } from "./densenet.ts";
import { efficientnetEntries } from "./efficientnet.ts";
import { efficientnetV2Entries } from "./efficientnet-v2.ts";
import { fcnEntries } from "./fcn.ts";
import { googlenetEntries } from "./googlenet.ts";
import { inceptionV3Entries } from "./inception-v3.ts";
import { lenetEntries } from "./lenet.ts";
import { lenet1998Entries } from "./lenet-1998.ts";
import { lrasppEntries } from "./lraspp.ts";
import { mlpEntries } from "./mlp.ts";
import { mnasnetEntries } from "./mnasnet.ts";
import { mobilenetV1Entries } from "./mobilenet-v1.ts";
import { mobilenetV2Entries } from "./mobilenet-v2.ts";
import { mobilenetV3Entries } from "./mobilenet-v3.ts";
import type { ModelEntry } from "./model-entry.ts";
import { p4AllCnnEntries } from "./p4-all-cnn.ts";
import { p4CnnEntries } from "./p4-cnn.ts";
import { p4mResnetEntries } from "./p4m-resnet.ts";
import { regnetEntries } from "./regnet.ts";
import { resnetEntries } from "./resnet.ts";
import { resnextEntries } from "./resnext.ts";
import { shufflenetV2Entries } from "./shufflenet-v2.ts";
import { squeezenetEntries } from "./squeezenet.ts";
import { steerableCnnEntries } from "./steerable-cnn.ts";
import { unetEntries } from "./unet.ts";
import { vggEntries } from "./vgg.ts";
import { wavenetEntries } from "./wavenet.ts";
import { wideResnetEntries } from "./wide-resnet.ts";
import { xceptionEntries } from "./xception.ts";
import { xceptionAlignedEntries } from "./xception-aligned.ts";

const entries: ReadonlyMap<string, ModelEntry> = new Map(
  [
    lenetEntries,
    mlpEntries,
    batchNormNetEntries,
    resnetEntries,
    mobilenetV1Entries,
    mobilenetV2Entries,
    mobilenetV3Entries,
    efficientnetEntries,
    efficientnetV2Entries,
    convnextEntries,
    alexnetEntries,
    resnextEntries,
    squeezenetEntries,
    vggEntries,
    wideResnetEntries,
    densenetEntries,
    mnasnetEntries,
    shufflenetV2Entries,
    regnetEntries,
    googlenetEntries,
    inceptionV3Entries,
    alexnet2012Entries,
    cifarResnetEntries,
    lenet1998Entries,
    fcnEntries,
    deepLabV3Entries,
    lrasppEntries,
    xceptionEntries,
    xceptionAlignedEntries,
    unetEntries,
    convAutoencoderEntries,
    wavenetEntries,
    allCnnEntries,
    steerableCnnEntries,
    p4CnnEntries,
    p4AllCnnEntries,
    p4mResnetEntries,
  ]
    .flat()
    .map((entry) => [entry.name, entry]),
);

/** The network of this name, if there is one. */
export function findEntry(name: string): ModelEntry | undefined {
  return entries.get(name);
}

/**
 * The network of this name.
 *
 * @throws ArgumentError that lists the names which contain the given one, or says where all are.
 */
export function requireEntry(name: string): ModelEntry {
  const entry = entries.get(name);
  if (entry) return entry;
  const near = [...entries.keys()].filter((each) => name !== "" && each.includes(name));
  const there = near.length > 0 ? `there are ${near.join(", ")}` : "listModels() lists all";
  throw new ArgumentError(`there is no model named "${name}"; ${there}`);
}

const byName = new Intl.Collator("en", { numeric: true });

/**
 * The networks whose names match a pattern, sorted by name with numbers by their value; `*` stands for any characters and
 * `?` for one.
 */
export function listModels(glob = "*"): ModelEntry[] {
  const pattern = glob
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matches = new RegExp(`^${pattern}$`);
  return [...entries.values()]
    .filter(({ name }) => matches.test(name))
    .sort((a, b) => byName.compare(a.name, b.name));
}
