/** What stops the local world from doing as it was asked: what happened, why, and what to type next. */
export class WorldError extends Error {
  override readonly name = "WorldError";
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(
    words: { readonly what: string; readonly why: string; readonly next: string },
    options?: ErrorOptions,
  ) {
    super(`${words.what}: ${words.why}. ${words.next}`, options);
    this.what = words.what;
    this.why = words.why;
    this.next = words.next;
  }
}
