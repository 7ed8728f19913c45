import type { Gradients } from "../autograd/grad.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { ReLU6 } from "../nn/relu6.ts";
import { add, square, sub } from "../ops/arithmetic.ts";
import { sqrt } from "../ops/math.ts";
import { max, sum } from "../ops/reduce.ts";

/** Norms √Σ x² over a parameter's elements, before an update and of it. */
export interface ParameterNorms<T> {
  /** Of the parameter before the update. */
  readonly value: T;
  /** Of the gradient, before it is clipped. */
  readonly gradient: T;
  /** Of what the update adds. */
  readonly update: T;
}

/** What can be seen of one update; `T` is a tensor in the program, and a number behind it. */
export interface Observation<T = Tensor> {
  /** Of all gradients together. */
  readonly gradientNorm: T;
  /** By the parameter's path. */
  readonly parameters: Readonly<Record<string, ParameterNorms<T>>>;
  /** The greatest activation of each unit (axis 1) of every rectifier, by its path; 0 where the unit never fired. */
  readonly peaks: Readonly<Record<string, Tensor>>;
}

/** Looks at one update while its program is traced. */
export class UpdateObserver {
  readonly #model: Module;
  readonly #peaks: Record<string, Tensor> = {};

  constructor(model: Module) {
    this.#model = model;
  }

  /** The model's output; of the second call of a layer the name is its path with `#2` behind it. */
  forward(images: Tensor): Tensor {
    const paths = new Map([...this.#model.namedModules()].map(([path, module]) => [module, path]));
    const counts = new Map<Module, number>();
    return withForwardObserver(
      (module, _, output) => {
        const path = paths.get(module);
        if (path === undefined || !(module instanceof ReLU || module instanceof ReLU6)) return;
        const count = (counts.get(module) ?? 0) + 1;
        counts.set(module, count);
        const others = output.shape.map((__, axis) => axis).filter((axis) => axis !== 1);
        this.#peaks[count === 1 ? path : `${path}#${count}`] = max(output, others);
      },
      () => this.#model.forward(images),
    );
  }

  /** Does an update and tells what it did. */
  update(grads: Gradients, apply: () => void): Observation {
    const before = new Map([...grads].map(([parameter]) => [parameter, parameter.value]));
    apply();
    const names = new Map<Variable, string>(
      [...this.#model.namedParameters()].map(([name, parameter]) => [parameter, name]),
    );
    const gradients = [...grads].map(([parameter, gradient]) => [parameter, squares(gradient)] as const);
    const parameters = gradients.map(([parameter, ofGradient]) => {
      const old = before.get(parameter)!;
      const norms: ParameterNorms<Tensor> = {
        value: sqrt(squares(old)),
        gradient: sqrt(ofGradient),
        update: sqrt(squares(sub(parameter.value, old))),
      };
      return [names.get(parameter)!, norms] as const;
    });
    return {
      gradientNorm: sqrt(gradients.map(([, ofGradient]) => ofGradient).reduce((a, b) => add(a, b))),
      parameters: Object.fromEntries(parameters),
      peaks: this.#peaks,
    };
  }
}

const squares = (x: Tensor): Tensor => sum(square(x));
