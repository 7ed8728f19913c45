import type {
  AtMost,
  Difference,
  Exact,
  Product,
  Quotient,
  Remainder,
  Sum,
} from "../../../src/core/digits.ts";
import { expectType } from "../expect-type.ts";

expectType<Sum<0, 0>, 0>();
expectType<Sum<0, 10>, 10>();
expectType<Sum<999, 1>, 1000>();
expectType<Sum<1, 9999>, 10000>();
expectType<Sum<224, number>, number>();

expectType<Difference<1000, 1>, 999>();
expectType<Difference<10, 10>, 0>();
expectType<Difference<100, 101>, never>();

expectType<Product<0, 49>, 0>();
expectType<Product<512, 49>, 25088>();
expectType<Product<99999, 99999>, 9999800001>();

expectType<Quotient<0, 3>, 0>();
expectType<Quotient<7, 8>, 0>();
expectType<Quotient<1000, 10>, 100>();
expectType<Quotient<25088, 49>, 512>();
expectType<Quotient<224, 0>, never>();

expectType<Remainder<64, 32>, 0>();
expectType<Remainder<1000, 7>, 6>();
expectType<Remainder<224, 0>, never>();

expectType<AtMost<3, 3>, true>();
expectType<AtMost<10, 9>, false>();
expectType<AtMost<number, 9>, boolean>();

expectType<Exact<0>, 0>();
expectType<Exact<224>, 224>();
expectType<Exact<3 | 5>, number>();
expectType<Exact<-3>, number>();
expectType<Exact<1.5>, number>();
expectType<Exact<1e21>, number>();
// biome-ignore lint/suspicious/noExplicitAny: what `any` becomes is the point.
expectType<Exact<any>, number>();
expectType<Exact<never>, number>();
expectType<Exact<"3">, number>();
