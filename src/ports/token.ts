/**
 * What every act carries to its effector. Effectors keep the highest (epoch, sequence) of each lock and the
 * first answer of each key, durably: an older pair is refused, a known key is answered with its first result.
 */
export type Token = {
  /** `run/sequence` or `run/sequence.branch`: one logical effect, however often it is tried. */
  readonly key: string;
  /** The lock whose grant allows this act. */
  readonly lock: string;
  /** The lock's grant number; rises with each grant. */
  readonly epoch: number;
  /** The step's number in its run; branches of one step share it. */
  readonly sequence: number;
};

/** `found`: the aim stood already before this key's first attempt. A refusal is thrown (`PortError` of kind `refused`). */
export type EffectResult = "done" | "repeated" | "found";

export type EffectAnswer<T> = { readonly result: EffectResult; readonly answer: T };
