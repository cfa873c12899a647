/** Tells people. Delivery is at least once; a message carries its key so that a channel can drop repeats. */
export type Message = {
  readonly key: string;
  readonly severity: "info" | "warning" | "critical";
  /** A contact of the inventory. */
  readonly to: string;
  readonly text: string;
};

export type Notify = { send(message: Message, signal: AbortSignal): Promise<void> };
