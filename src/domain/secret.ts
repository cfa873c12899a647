/**
 * A value that cannot be printed: a token or a password on its way to the one call that needs it.
 *
 * 1. Text, JSON, inspection, concatenation and copies of it say `[secret]` or nothing.
 * 2. `reveal` is the only way to the value. Drivers call it at the last moment, in the call that sends it, and keep
 *    nothing of what it answers.
 * 3. Whoever gets an answer or an error from where a secret was sent passes it through `hideIn`: what is at the other
 *    end may repeat what it was told.
 */
const HIDDEN = "[secret]";
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  reveal(): string {
    return this.#value;
  }

  /** The text without the secret in it, also where it was encoded for an address or in base 64. */
  hideIn(text: string): string {
    const forms = [this.#value, encodeURIComponent(this.#value), base64Of(this.#value)];
    return forms.reduce((rest, form) => (form === "" ? rest : rest.replaceAll(form, HIDDEN)), text);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [INSPECT](): string {
    return HIDDEN;
  }
}

function base64Of(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/=+$/, "");
}
