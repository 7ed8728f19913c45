/**
 * Arithmetic on literal number types, by the school's written methods on decimal digits.
 *
 * Tuples would be shorter to write but overflow at sizes such as VGG's 512·7·7 = 25,088. Numbers are held as digit
 * strings with the least significant digit first and no zero in front, so that 0 is "" and 120 is "021". Every
 * operation takes and gives number types: `number` where an operand is not a known literal, `never` where the result
 * is not a natural number.
 */

/** True where `T` is a union such as `3 | 5`. Digit arithmetic on a union would run on all combinations. */
export type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;

/** `N` where it is one natural number known at compile time, else `number`. */
export type Exact<N> = [N] extends [number]
  ? number extends N
    ? number
    : IsUnion<N> extends true
      ? number
      : `${N}` extends `${string}${"-" | "." | "e"}${string}`
        ? number
        : N
  : number;

/** a + b */
export type Sum<A extends number, B extends number> = number extends A | B
  ? number
  : NumberOf<Add<DigitsOf<A>, DigitsOf<B>>>;

/** a − b, `never` where that is negative. */
export type Difference<A extends number, B extends number> = number extends A | B
  ? number
  : NumberOf<Trim<Subtract<DigitsOf<A>, DigitsOf<B>>>>;

/** a · b */
export type Product<A extends number, B extends number> = number extends A | B
  ? number
  : NumberOf<Multiply<Reverse<DigitsOf<A>>, DigitsOf<B>>>;

/** ⌊a / b⌋, `never` where b is 0. */
export type Quotient<A extends number, B extends number> = number extends A | B
  ? number
  : Divide<Reverse<DigitsOf<A>>, DigitsOf<B>> extends [infer Q extends string, string]
    ? NumberOf<Q>
    : never;

/** a mod b, `never` where b is 0. */
export type Remainder<A extends number, B extends number> = number extends A | B
  ? number
  : Divide<Reverse<DigitsOf<A>>, DigitsOf<B>> extends [string, infer R extends string]
    ? NumberOf<R>
    : never;

/** `true` where a ≤ b, `false` where not, `boolean` where one of them is not known. */
export type AtMost<A extends number, B extends number> = number extends A | B
  ? boolean
  : [Difference<B, A>] extends [never]
    ? false
    : true;

type DigitsOf<N extends number> = Trim<Reverse<`${N}`>>;

type NumberOf<Digits extends string> = Digits extends ""
  ? 0
  : Reverse<Digits> extends `${infer N extends number}`
    ? N
    : never;

type Reverse<S extends string, Reversed extends string = ""> = S extends `${infer First}${infer Rest}`
  ? Reverse<Rest, `${First}${Reversed}`>
  : Reversed;

/** Drops zeros in front of the number, which here stand at the end. */
type Trim<Digits extends string> = Digits extends `${infer Rest}0` ? Trim<Rest> : Digits;

type Add<
  A extends string,
  B extends string,
  Carry extends Digit = "0",
  Result extends string = "",
> = A extends `${infer X extends Digit}${infer RestA}`
  ? B extends `${infer Y extends Digit}${infer RestB}`
    ? [...Unary[X], ...Unary[Y], ...Unary[Carry]]["length"] extends infer N extends number
      ? Add<RestA, RestB, CarryOf[N], `${Result}${DigitOf[N]}`>
      : never
    : Carry extends "0"
      ? `${Result}${A}`
      : Add<A, "1", "0", Result>
  : Carry extends "0"
    ? `${Result}${B}`
    : Add<"1", B, "0", Result>;

/** Leaves zeros in front; `never` where b > a. */
type Subtract<
  A extends string,
  B extends string,
  Borrow extends Digit = "0",
  Result extends string = "",
> = B extends `${infer Y extends Digit}${infer RestB}`
  ? A extends `${infer X extends Digit}${infer RestA}`
    ? Unary[X] extends [...Unary[Y], ...Unary[Borrow], ...infer Rest]
      ? Subtract<RestA, RestB, "0", `${Result}${Rest["length"]}`>
      : [...Ten, ...Unary[X]] extends [...Unary[Y], ...Unary[Borrow], ...infer Rest]
        ? Subtract<RestA, RestB, "1", `${Result}${Rest["length"]}`>
        : never
    : never
  : Borrow extends "0"
    ? `${Result}${A}`
    : Subtract<A, "1", "0", Result>;

/** Horner's rule over the digits of `A`, which come most significant first: result ← 10·result + digit·b. */
type Multiply<
  A extends string,
  B extends string,
  Result extends string = "",
> = A extends `${infer X extends Digit}${infer Rest}`
  ? Multiply<Rest, B, Add<Trim<`0${Result}`>, Repeat<B, X>>>
  : Result;

/** b added up as often as a digit says. */
type Repeat<B extends string, Times extends Digit> = Times extends keyof DigitBefore
  ? Add<B, Repeat<B, DigitBefore[Times]>>
  : "";

/** Long division, most significant digit of `A` first; the pair of quotient and remainder. */
type Divide<
  A extends string,
  B extends string,
  Rest extends string = "",
  Result extends string = "",
> = B extends ""
  ? never
  : A extends `${infer Next}${infer Behind}`
    ? DivideDigit<Trim<`${Next}${Rest}`>, B> extends [infer Q extends number, infer R extends string]
      ? Divide<Behind, B, R, `${Q}${Result}`>
      : never
    : [Trim<Result>, Rest];

/** One digit of a long division: how often `B` goes into `A`, and what is left. */
type DivideDigit<A extends string, B extends string, Count extends 0[] = []> =
  Subtract<A, B> extends infer Less extends string
    ? [Less] extends [never]
      ? [Count["length"], A]
      : DivideDigit<Trim<Less>, B, [...Count, 0]>
    : never;

type Digit = keyof Unary;

interface Unary {
  "0": [];
  "1": [0];
  "2": [0, 0];
  "3": [0, 0, 0];
  "4": [0, 0, 0, 0];
  "5": [0, 0, 0, 0, 0];
  "6": [0, 0, 0, 0, 0, 0];
  "7": [0, 0, 0, 0, 0, 0, 0];
  "8": [0, 0, 0, 0, 0, 0, 0, 0];
  "9": [0, 0, 0, 0, 0, 0, 0, 0, 0];
}

type Ten = [0, ...Unary["9"]];

interface DigitBefore {
  "1": "0";
  "2": "1";
  "3": "2";
  "4": "3";
  "5": "4";
  "6": "5";
  "7": "6";
  "8": "7";
  "9": "8";
}

type Digits0To9 = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The digit that a column's sum, at most 9 + 9 + 1, leaves in that column. */
type DigitOf = [...Digits0To9, ...Digits0To9];

type CarryOf = [...TenTimes<"0">, ...TenTimes<"1">];

type TenTimes<T> = [T, T, T, T, T, T, T, T, T, T];
