/**
 * The layers as far as the type checker sees them, for the fixtures beside this file: each with its constructor's
 * signature and the shape function that it carries.
 */
import type { Shape } from "../../src/core/shape.ts";
import type { SameShape } from "../../src/core/shape-types.ts";
import type {
  AdaptivePool2dShape,
  AvgPool1dShape,
  AvgPool2dShape,
  BatchNorm1dShape,
  BatchNorm2dShape,
  CheckedParts,
  Conv1dShape,
  Conv2dShape,
  Conv3dShape,
  ConvolutionOptions,
  ConvTranspose2dShape,
  FlattenShape,
  GlobalPool2dShape,
  GroupedChannels,
  GroupNormShape,
  IdentityShortcut,
  InputOf,
  LayerNormShape,
  LinearShape,
  MaxPool1dShape,
  MaxPool2dShape,
  NoOptions,
  OutputOf,
  PoolingOptions,
  ResidualBody,
  ResidualShape,
  SequenceShape,
  UnflattenShape,
  UpsampleShape,
} from "../../src/nn/layer-types.ts";

type Extents = number | Shape;

interface ConvOptions {
  readonly stride?: Extents;
  readonly padding?: Extents | "same" | "valid";
  readonly dilation?: Extents;
  readonly groups?: number;
  readonly bias?: boolean;
}

interface ConvTransposeOptions {
  readonly stride?: Extents;
  readonly padding?: Extents;
  readonly outputPadding?: Extents;
  readonly dilation?: Extents;
  readonly groups?: number;
}

interface PoolOptions {
  readonly stride?: Extents;
  readonly padding?: Extents;
  readonly dilation?: Extents;
  readonly ceilMode?: boolean;
}

export declare class Tensor {
  readonly shape: Shape;
}

export declare abstract class Module {
  abstract forward(x: Tensor): Tensor;
  parameters(): Tensor[];
}

export declare class Conv1d<
  const I extends number = number,
  const O extends number = number,
  const K extends Extents = Extents,
  const Options extends ConvOptions = NoOptions,
> extends Module {
  readonly "~shape": Conv1dShape<I, O, K, Options>;
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvOptions>,
  );
  forward(x: Tensor): Tensor;
}

export declare class Conv2d<
  const I extends number = number,
  const O extends number = number,
  const K extends Extents = Extents,
  const Options extends ConvOptions = NoOptions,
> extends Module {
  readonly "~shape": Conv2dShape<I, O, K, Options>;
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvOptions>,
  );
  forward(x: Tensor): Tensor;
}

export declare class Conv3d<
  const I extends number = number,
  const O extends number = number,
  const K extends Extents = Extents,
  const Options extends ConvOptions = NoOptions,
> extends Module {
  readonly "~shape": Conv3dShape<I, O, K, Options>;
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvOptions>,
  );
  forward(x: Tensor): Tensor;
}

export declare class ConvTranspose2d<
  const I extends number = number,
  const O extends number = number,
  const K extends Extents = Extents,
  const Options extends ConvTransposeOptions = NoOptions,
> extends Module {
  readonly "~shape": ConvTranspose2dShape<I, O, K, Options>;
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvTransposeOptions>,
  );
  forward(x: Tensor): Tensor;
}

export declare class MaxPool1d<
  const K extends Extents = Extents,
  const Options extends PoolOptions = NoOptions,
> extends Module {
  readonly "~shape": MaxPool1dShape<K, Options>;
  constructor(kernelSize: K, options?: PoolingOptions<Options, PoolOptions>);
  forward(x: Tensor): Tensor;
}

export declare class MaxPool2d<
  const K extends Extents = Extents,
  const Options extends PoolOptions = NoOptions,
> extends Module {
  readonly "~shape": MaxPool2dShape<K, Options>;
  constructor(kernelSize: K, options?: PoolingOptions<Options, PoolOptions>);
  forward(x: Tensor): Tensor;
}

export declare class AvgPool1d<
  const K extends Extents = Extents,
  const Options extends PoolOptions = NoOptions,
> extends Module {
  readonly "~shape": AvgPool1dShape<K, Options>;
  constructor(kernelSize: K, options?: PoolingOptions<Options, PoolOptions>);
  forward(x: Tensor): Tensor;
}

export declare class AvgPool2d<
  const K extends Extents = Extents,
  const Options extends PoolOptions = NoOptions,
> extends Module {
  readonly "~shape": AvgPool2dShape<K, Options>;
  constructor(kernelSize: K, options?: PoolingOptions<Options, PoolOptions>);
  forward(x: Tensor): Tensor;
}

export declare class AdaptiveAvgPool2d<const Size extends Extents = Extents> extends Module {
  readonly "~shape": AdaptivePool2dShape<"adaptiveAvgPool2d", Size>;
  constructor(outputSize: Size);
  forward(x: Tensor): Tensor;
}

export declare class AdaptiveMaxPool2d<const Size extends Extents = Extents> extends Module {
  readonly "~shape": AdaptivePool2dShape<"adaptiveMaxPool2d", Size>;
  constructor(outputSize: Size);
  forward(x: Tensor): Tensor;
}

export declare class GlobalAvgPool2d extends Module {
  readonly "~shape": GlobalPool2dShape<"globalAvgPool2d">;
  forward(x: Tensor): Tensor;
}

export declare class Upsample<const Scale extends Extents = Extents> extends Module {
  readonly "~shape": UpsampleShape<Scale>;
  constructor(scaleFactor: Scale);
  forward(x: Tensor): Tensor;
}

export declare class Linear<const I extends number = number, const O extends number = number> extends Module {
  readonly "~shape": LinearShape<I, O>;
  constructor(inFeatures: I, outFeatures: O, options?: { readonly bias?: boolean });
  forward(x: Tensor): Tensor;
}

export declare class Flatten<const Start extends number = 1, const End extends number = -1> extends Module {
  readonly "~shape": FlattenShape<Start, End>;
  constructor(startAxis?: Start, endAxis?: End);
  forward(x: Tensor): Tensor;
}

export declare class Unflatten<const Target extends Shape = Shape> extends Module {
  readonly "~shape": UnflattenShape<Target>;
  constructor(shape: Target);
  forward(x: Tensor): Tensor;
}

export declare class BatchNorm1d<const C extends number = number> extends Module {
  readonly "~shape": BatchNorm1dShape<C>;
  constructor(numFeatures: C);
  forward(x: Tensor): Tensor;
}

export declare class BatchNorm2d<const C extends number = number> extends Module {
  readonly "~shape": BatchNorm2dShape<C>;
  constructor(numFeatures: C);
  forward(x: Tensor): Tensor;
}

export declare class GroupNorm<
  const G extends number = number,
  const C extends number = number,
> extends Module {
  readonly "~shape": GroupNormShape<C>;
  constructor(numGroups: G, numChannels: GroupedChannels<G, C>);
  forward(x: Tensor): Tensor;
}

export declare class LayerNorm<const Normalized extends Extents = Extents> extends Module {
  readonly "~shape": LayerNormShape<Normalized>;
  constructor(normalizedShape: Normalized);
  forward(x: Tensor): Tensor;
}

export declare class ReLU extends Module {
  readonly "~shape": SameShape;
  forward(x: Tensor): Tensor;
}

export declare class Dropout extends Module {
  readonly "~shape": SameShape;
  constructor(p?: number);
  forward(x: Tensor): Tensor;
}

export declare class Residual<
  const Body extends Module = Module,
  const Shortcut = IdentityShortcut,
> extends Module {
  readonly "~shape": ResidualShape<Body, Shortcut>;
  constructor(body: ResidualBody<Body, Shortcut>, shortcut?: Shortcut);
  forward(x: Tensor): Tensor;
}

export declare class SequentialModule<In, Out> extends Module {
  readonly "~shape": SequenceShape<In, Out>;
  forward(x: Tensor): Tensor;
}

export interface Sequential<In = Shape, Out = Shape> extends SequentialModule<In, Out> {}

interface SequentialConstructor {
  new <const Parts extends readonly (Module | Shape)[]>(
    ...parts: CheckedParts<Parts>
  ): Sequential<InputOf<Parts>, OutputOf<Parts>>;
}

export declare const Sequential: SequentialConstructor;
