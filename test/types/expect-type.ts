type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where `Actual` and `Expected` are one type, so that `any` equals nothing but `any`. */
export declare function expectType<Actual, Expected>(
  ...differs: Equal<Actual, Expected> extends true ? [] : [actual: Actual, expected: Expected]
): void;
