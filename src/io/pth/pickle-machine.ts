import { highestProtocol, opcodes as op } from "./pickle-opcodes.ts";
import { PickleReader } from "./pickle-reader.ts";
import { type PickleValue, PythonGlobal, PythonObject, typeName } from "./pickle-value.ts";

/** What a pickle may refer to; both throw a plain Error with the reason for what they do not know. */
export interface PickleWorld {
  /** The class or function of a name such as "collections.OrderedDict", if it is one that may occur. */
  global(name: string): PythonGlobal;
  /** What calling one with arguments gives. */
  call(callee: PythonGlobal, args: readonly PickleValue[]): PickleValue;
  /** What an identifier that only the file's writer understands stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** Separates the values that belong to a later instruction. */
const mark = Symbol("mark");

/**
 * Runs one pickle from `offset` on as instructions for a stack of plain data; nothing of it is executed.
 *
 * @returns the value, and the byte after the pickle's end.
 * @throws FileError that names the instruction's byte and what is wrong there.
 */
export function unpickle(
  bytes: Uint8Array,
  file: string,
  offset: number,
  world: PickleWorld,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new PickleMachine(new PickleReader(bytes, file, offset), world);
  const value = machine.run();
  return { value, end: machine.reader.offset };
}

class PickleMachine {
  readonly reader: PickleReader;
  readonly #world: PickleWorld;
  readonly #stack: (PickleValue | typeof mark)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  /** Where the instruction that runs now begins. */
  #at = 0;

  constructor(reader: PickleReader, world: PickleWorld) {
    this.reader = reader;
    this.#world = world;
  }

  run(): PickleValue {
    for (;;) {
      this.#at = this.reader.offset;
      const code = this.reader.u8("an instruction of the pickle");
      if (code === op.stop) return this.#pop();
      this.#step(code);
    }
  }

  #step(code: number): void {
    if (this.#changeStack(code) || this.#collect(code) || this.#remember(code)) return;
    const literal = this.#literal(code);
    const value = literal === undefined ? this.#object(code) : literal;
    if (value === undefined) throw this.#error(`the instruction 0x${code.toString(16)} is not allowed`);
    this.#stack.push(value);
  }

  /** What has no value; false for another instruction, as with the other groups. */
  #changeStack(code: number): boolean {
    switch (code) {
      case op.protocol: {
        const version = this.reader.u8("the protocol");
        if (version > highestProtocol) throw this.#error(`pickle protocol ${version} is not known`);
        return true;
      }
      case op.frame:
        this.reader.u64("a frame's length");
        return true;
      case op.mark:
        this.#stack.push(mark);
        return true;
      case op.pop:
        if (this.#stack.pop() === undefined) throw this.#error("the stack is empty");
        return true;
      case op.popMark:
        this.#popToMark();
        return true;
      case op.dup:
        this.#stack.push(this.#top());
        return true;
      case op.build: {
        // What a dict or a tensor has in its attributes is not needed.
        const state = this.#pop();
        const target = this.#top();
        if (target instanceof PythonObject) target.state = state;
        return true;
      }
      default:
        return false;
    }
  }

  /** Numbers, text and constants. */
  #literal(code: number): PickleValue | undefined {
    const { reader } = this;
    switch (code) {
      case op.none:
        return null;
      case op.newTrue:
        return true;
      case op.newFalse:
        return false;
      case op.int: {
        const boolean = /^0[01]\n/.exec(
          String.fromCharCode(...reader.bytes.subarray(reader.offset, reader.offset + 3)),
        );
        const value = reader.decimal("an int");
        return boolean ? value === 1 : value;
      }
      case op.long:
        return reader.decimal("an int");
      case op.binInt:
        return reader.i32("an int");
      case op.binInt1:
        return reader.u8("an int");
      case op.binInt2:
        return reader.u16("an int", true);
      case op.long1:
        return reader.long(reader.u8("an int's length"), "an int");
      case op.long4:
        return reader.long(reader.u32("an int's length", true), "an int");
      case op.float:
        return reader.decimalFloat("a float");
      case op.binFloat:
        return reader.f64("a float");
      case op.string:
        return unquoted(reader.line("a str"));
      case op.binString:
        return reader.latin1(reader.u32("a str's length", true), "a str");
      case op.shortBinString:
        return reader.latin1(reader.u8("a str's length"), "a str");
      case op.unicode:
        return unescaped(reader.line("a str"));
      case op.shortBinUnicode:
        return reader.utf8(reader.u8("a str's length"), "a str");
      case op.binUnicode:
        return reader.utf8(reader.u32("a str's length", true), "a str");
      case op.binUnicode8:
        return reader.utf8(reader.u64("a str's length"), "a str");
      case op.shortBinBytes:
        return reader.take(reader.u8("the bytes' length"), "bytes");
      case op.binBytes:
        return reader.take(reader.u32("the bytes' length", true), "bytes");
      case op.binBytes8:
      case op.byteArray8:
        return reader.take(reader.u64("the bytes' length"), "bytes");
      default:
        return undefined;
    }
  }

  /** Makes or fills lists, tuples, dicts and sets. */
  #collect(code: number): boolean {
    switch (code) {
      case op.emptyList:
        this.#push([]);
        return true;
      case op.list:
        this.#push(this.#popToMark());
        return true;
      case op.append: {
        const item = this.#pop();
        this.#fill([item]);
        return true;
      }
      case op.appends:
      case op.addItems:
        this.#fill(this.#popToMark());
        return true;
      case op.emptyTuple:
        this.#push(Object.freeze([]));
        return true;
      case op.tuple:
        this.#push(Object.freeze(this.#popToMark()));
        return true;
      case op.tuple1:
      case op.tuple2:
      case op.tuple3: {
        const items = Array.from({ length: code - op.tuple1 + 1 }, () => this.#pop());
        this.#push(Object.freeze(items.reverse()));
        return true;
      }
      case op.emptyDict:
        this.#push(new Map());
        return true;
      case op.dict:
        this.#push(this.#setItems(new Map(), this.#popToMark()));
        return true;
      case op.setItem: {
        const value = this.#pop();
        const key = this.#pop();
        this.#setItems(this.#top(), [key, value]);
        return true;
      }
      case op.setItems: {
        const items = this.#popToMark();
        this.#setItems(this.#top(), items);
        return true;
      }
      case op.emptySet:
        this.#push(new Set());
        return true;
      case op.frozenSet:
        this.#push(new Set(this.#popToMark()));
        return true;
      default:
        return false;
    }
  }

  /** Refers to classes, and makes objects of them. */
  #object(code: number): PickleValue | undefined {
    switch (code) {
      case op.persistentId:
        return this.#asked(() => this.#world.persistent(this.reader.line("an identifier")));
      case op.binPersistentId: {
        const id = this.#pop();
        return this.#asked(() => this.#world.persistent(id));
      }
      case op.global:
        return this.#readGlobal();
      case op.stackGlobal: {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof name !== "string" || typeof module !== "string") throw this.#error("a name is not a str");
        return this.#global(module, name);
      }
      case op.newObjEx: {
        const named = this.#pop();
        if (!(named instanceof Map) || named.size > 0) throw this.#error("named arguments are not allowed");
        return this.#object(op.newObj);
      }
      case op.reduce:
      case op.newObj: {
        const args = this.#pop();
        return this.#call(this.#pop(), args);
      }
      case op.inst:
        return this.#call(this.#readGlobal(), this.#popToMark());
      case op.obj: {
        const [callee = null, ...args] = this.#popToMark();
        return this.#call(callee, args);
      }
      default:
        return undefined;
    }
  }

  /** Stores values in the memo and takes them out of it. */
  #remember(code: number): boolean {
    switch (code) {
      case op.memoize:
        this.#memo.set(this.#memo.size, this.#top());
        return true;
      case op.put:
      case op.binPut:
      case op.longBinPut:
        this.#memo.set(this.#memoIndex(code - op.put), this.#top());
        return true;
      case op.get:
      case op.binGet:
      case op.longBinGet: {
        const index = this.#memoIndex(code === op.longBinGet ? 2 : code - op.get);
        const value = this.#memo.get(index);
        if (value === undefined) throw this.#error(`nothing was remembered as ${index}`);
        this.#push(value);
        return true;
      }
      default:
        return false;
    }
  }

  /** A memo's number, spelled in digits (0), one byte (1) or four (2). */
  #memoIndex(spelling: number): number {
    const what = "a memo's number";
    if (spelling === 0) return Number(this.reader.decimal(what));
    return spelling === 1 ? this.reader.u8(what) : this.reader.u32(what, true);
  }

  #readGlobal(): PythonGlobal {
    const module = this.reader.line("a module's name");
    return this.#global(module, this.reader.line("a class's name"));
  }

  #global(module: string, name: string): PythonGlobal {
    return this.#asked(() => this.#world.global(`${module}.${name}`));
  }

  #call(callee: PickleValue, args: PickleValue): PickleValue {
    if (!(callee instanceof PythonGlobal)) throw this.#error(`${typeName(callee)} cannot be called`);
    if (!Array.isArray(args)) throw this.#error(`the arguments of ${callee.name} are ${typeName(args)}`);
    return this.#asked(() => this.#world.call(callee, args));
  }

  #asked<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (error instanceof PickleRefusal) throw this.#error(error.message);
      throw error;
    }
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.#error("the stack holds too few values");
    return value;
  }

  #popToMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.#error("the stack holds no mark");
    const values = this.#stack.splice(at);
    return values.slice(1) as PickleValue[];
  }

  #fill(items: readonly PickleValue[]): void {
    const target = this.#top();
    if (target instanceof Set) for (const item of items) target.add(item);
    else if (Array.isArray(target) && !Object.isFrozen(target)) for (const item of items) target.push(item);
    else throw this.#error(`nothing can be appended to ${typeName(target)}`);
  }

  #setItems(target: PickleValue, items: readonly PickleValue[]): PickleValue {
    if (!(target instanceof Map)) throw this.#error(`${typeName(target)} has no items to be set`);
    if (items.length % 2 !== 0) throw this.#error("a key has no value");
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
    return target;
  }

  #error(problem: string): Error {
    return this.reader.error(`the pickle is refused: ${problem}`, this.#at);
  }
}

/** Why a {@link PickleWorld} does not take something. */
export class PickleRefusal extends Error {}

/** A str between quotes, as protocol 0 writes it. */
function unquoted(text: string): string {
  const inner = /^(['"])(.*)\1$/s.exec(text.trim())?.[2];
  return inner === undefined ? text : inner.replace(/\\(['"\\])/g, "$1");
}

/** Python's raw-unicode-escape. */
function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
