/**
 * What a driver says of itself where there is no past to look at: how long each act takes from its intent to its proof, in
 * ms, as its makers measured it. A number that nobody measured is left out.
 */
export type StatedDurations = Readonly<
  Record<string, { readonly typicalMs: number; readonly mostMs: number }>
>;
