import { ArgumentError } from "../../core/errors.ts";
import { ByteBuffer } from "./encoding.ts";
import {
  FunctionBuilder,
  type FunctionRef,
  type GlobalRef,
  type Signature,
  type ValueType,
  valueTypeCodes,
} from "./function-builder.ts";
import { writeVectorImmediate } from "./instructions.ts";
import { control } from "./opcodes.ts";
import { v128Immediate } from "./opcodes-simd.ts";

export {
  FunctionBuilder,
  type FunctionRef,
  type GlobalRef,
  type Label,
  type Local,
  type Signature,
  type ValueType,
} from "./function-builder.ts";
export type { Emitted, MemoryAccess } from "./instructions.ts";

/** Size of a memory in pages of 64 KiB; a shared memory must have a maximum. */
export interface MemoryLimits {
  readonly shared: boolean;
  readonly initialPages: number;
  readonly maximumPages?: number;
}

export interface FunctionOptions extends Signature {
  /** Name under which the instance exports the function. */
  readonly export?: string;
}

export interface GlobalOptions {
  readonly mutable?: boolean;
  readonly export?: string;
}

interface DefinedFunction extends FunctionRef {
  body: ByteBuffer | undefined;
}

interface DefinedGlobal extends GlobalRef {
  readonly mutable: boolean;
  readonly initial: number | bigint | ArrayBufferView;
}

interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

/** Section ids, export and import kinds of the binary format (specification, section 5.5). */
const section = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const kind = { function: 0, memory: 2, global: 3 } as const;

/**
 * Builds one WebAssembly module: imports first, then functions in any order, then `finish`.
 *
 * ```ts
 * const module = new ModuleBuilder();
 * module.importMemory({ shared: false, initialPages: 1 });
 * module.function("double", { params: ["i32"], results: ["i32"], export: "double" }, (f) => {
 *   f.i32.mul(f.get(f.param(0)), f.i32.const(2));
 * });
 * const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
 * ```
 */
export class ModuleBuilder {
  #memory: MemoryLimits | undefined;
  readonly #types = new Map<string, { index: number; signature: Signature }>();
  readonly #imports: { module: string; field: string; signature: Signature }[] = [];
  readonly #importRefs: FunctionRef[] = [];
  readonly #functions: DefinedFunction[] = [];
  readonly #globals: DefinedGlobal[] = [];
  readonly #constants = new Map<string, GlobalRef>();
  readonly #exports: Export[] = [];

  /** The module's only memory, imported as "env"."memory". */
  importMemory(limits: MemoryLimits): void {
    if (limits.shared && limits.maximumPages === undefined)
      throw new ArgumentError("a shared memory needs maximumPages");
    this.#memory = limits;
  }

  /** An imported function; imports have the first indices, so they must come before every other function. */
  importFunction(module: string, field: string, signature: Signature): FunctionRef {
    if (this.#functions.length > 0)
      throw new ArgumentError(`import ${module}.${field} before the first function is declared`);
    const ref = { ...signature, name: `${module}.${field}`, index: this.#importRefs.length };
    this.#imports.push({ module, field, signature });
    this.#importRefs.push(ref);
    return ref;
  }

  /** Declares and defines a function; `name` appears in stack traces and profiles. */
  function(name: string, options: FunctionOptions, body: (f: FunctionBuilder) => void): FunctionRef {
    const ref = this.declare(name, options);
    this.define(ref, body);
    return ref;
  }

  /** A function that can be called at once and must be defined before `finish`. */
  declare(name: string, { params, results, export: exportName }: FunctionOptions): FunctionRef {
    const index = this.#importRefs.length + this.#functions.length;
    const ref: DefinedFunction = { name, params, results, index, body: undefined };
    this.#functions.push(ref);
    if (exportName !== undefined) this.#exports.push({ name: exportName, kind: kind.function, index });
    return ref;
  }

  /** Writes the body of a declared function; bodies may be defined while another one is being written. */
  define(ref: FunctionRef, body: (f: FunctionBuilder) => void): void {
    const declared = this.#functions[ref.index - this.#importRefs.length];
    if (declared !== ref) throw new ArgumentError(`function ${ref.name} is not declared in this module`);
    if (declared.body) throw new ArgumentError(`function ${ref.name} is defined twice`);
    const f = new FunctionBuilder(ref.params);
    body(f);
    declared.body = f.finish();
  }

  /** A global variable with a constant initial value; each instance, so each thread, has its own. */
  global(type: Exclude<ValueType, "v128">, initial: number | bigint, options?: GlobalOptions): GlobalRef;
  global(type: "v128", initial: ArrayBufferView, options?: GlobalOptions): GlobalRef;
  global(
    type: ValueType,
    initial: number | bigint | ArrayBufferView,
    options: GlobalOptions = {},
  ): GlobalRef {
    const { mutable = false, export: exportName } = options;
    const index = this.#globals.length;
    const ref: DefinedGlobal = { type, initial, mutable, index };
    this.#globals.push(ref);
    if (exportName !== undefined) this.#exports.push({ name: exportName, kind: kind.global, index });
    return ref;
  }

  /**
   * A vector constant as an immutable global, the same one for the same bytes.
   *
   * Read by `getGlobal`, it costs a load; engines rebuild a `v128.const` from scalars each time, which is
   * two to three times slower in functions with many constants.
   */
  constant(bytes: ArrayBufferView): GlobalRef {
    const key = String(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    let ref = this.#constants.get(key);
    if (!ref) this.#constants.set(key, (ref = this.global("v128", bytes)));
    return ref;
  }

  /** The module in the binary format. */
  finish(): Uint8Array<ArrayBuffer> {
    const functionTypes = this.#functions.map((ref) => this.#typeIndex(ref));
    const importTypes = this.#imports.map(({ signature }) => this.#typeIndex(signature));
    const out = new ByteBuffer(4096);
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]); // "\0asm", version 1
    writeSection(out, section.type, [...this.#types.values()], (to, type) => {
      to.byte(0x60);
      writeTypes(to, type.signature.params);
      writeTypes(to, type.signature.results);
    });
    this.#writeImports(out, importTypes);
    writeSection(out, section.function, functionTypes, (to, type) => to.u32(type));
    writeSection(out, section.global, this.#globals, writeGlobal);
    writeSection(out, section.export, this.#exports, (to, { name, kind, index }) => {
      to.name(name);
      to.byte(kind);
      to.u32(index);
    });
    writeSection(out, section.code, this.#functions, (to, { name, body }) => {
      if (!body) throw new ArgumentError(`function ${name} is declared but not defined`);
      to.u32(body.length);
      to.append(body);
    });
    this.#writeNames(out);
    return out.finish();
  }

  #typeIndex(signature: Signature): number {
    const key = `${signature.params.join()}>${signature.results.join()}`;
    let type = this.#types.get(key);
    if (!type) this.#types.set(key, (type = { index: this.#types.size, signature }));
    return type.index;
  }

  #writeImports(out: ByteBuffer, types: readonly number[]): void {
    const entries: ((to: ByteBuffer) => void)[] = this.#imports.map(({ module, field }, index) => (to) => {
      to.name(module);
      to.name(field);
      to.byte(kind.function);
      to.u32(types[index]!);
    });
    const memory = this.#memory;
    if (memory) entries.push((to) => writeMemoryImport(to, memory));
    writeSection(out, section.import, entries, (to, write) => write(to));
  }

  /** The custom section "name", subsection 1: a name for every function index. */
  #writeNames(out: ByteBuffer): void {
    const functions: readonly FunctionRef[] = [...this.#importRefs, ...this.#functions];
    const names = new ByteBuffer();
    names.u32(functions.length);
    for (const { index, name } of functions) {
      names.u32(index);
      names.name(name);
    }
    const content = new ByteBuffer(names.length + 16);
    content.name("name");
    content.byte(1);
    content.u32(names.length);
    content.append(names);
    out.byte(section.custom);
    out.u32(content.length);
    out.append(content);
  }
}

function writeSection<Entry>(
  out: ByteBuffer,
  id: number,
  entries: readonly Entry[],
  write: (to: ByteBuffer, entry: Entry) => void,
): void {
  if (entries.length === 0) return;
  const content = new ByteBuffer(1024);
  content.u32(entries.length);
  for (const entry of entries) write(content, entry);
  out.byte(id);
  out.u32(content.length);
  out.append(content);
}

function writeTypes(to: ByteBuffer, types: readonly ValueType[]): void {
  to.u32(types.length);
  for (const type of types) to.byte(valueTypeCodes[type]);
}

function writeMemoryImport(to: ByteBuffer, { shared, initialPages, maximumPages }: MemoryLimits): void {
  to.name("env");
  to.name("memory");
  to.byte(kind.memory);
  to.byte((shared ? 2 : 0) | (maximumPages === undefined ? 0 : 1));
  to.u32(initialPages);
  if (maximumPages !== undefined) to.u32(maximumPages);
}

function writeGlobal(to: ByteBuffer, { type, mutable, initial }: DefinedGlobal): void {
  to.byte(valueTypeCodes[type]);
  to.byte(mutable ? 1 : 0);
  if (ArrayBuffer.isView(initial)) {
    writeVectorImmediate(to, v128Immediate.const, initial);
  } else if (type === "i32") {
    to.byte(control.i32Const);
    to.s32(Number(initial));
  } else if (type === "i64") {
    to.byte(control.i64Const);
    to.s64(BigInt(initial));
  } else if (type === "f32") {
    to.byte(control.f32Const);
    to.f32(Number(initial));
  } else {
    to.byte(control.f64Const);
    to.f64(Number(initial));
  }
  to.byte(control.end);
}
