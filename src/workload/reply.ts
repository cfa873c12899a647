// Why: what a request is answered, before it becomes bytes; and the one form of all errors.

export type Reply = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** `error` is for programs, `message` for people: what happened and what to do. */
export function errorReply(status: number, error: string, message: string): Reply {
  return { status, body: { error, message } };
}

export const tryAgain: Readonly<Record<string, string>> = { "retry-after": "1" };

/** A request that cannot be answered as it is. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super("bad request");
    this.reply = reply;
  }
}
