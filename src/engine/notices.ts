/** Telling people, best effort: a channel that is down must not hold a run. */
import type { Message } from "../ports/notify.ts";
import type { Run } from "./run.ts";

export async function tellPeople(
  run: Run,
  {
    key,
    severity,
    text,
    to = "on-call",
  }: Pick<Message, "key" | "severity" | "text"> & { readonly to?: string },
): Promise<boolean> {
  const message = { key: `${run.request.run}/${key}`, severity, to, text };
  const sent = await run.record.effect(`tell ${to}`, async (signal) => {
    await run.engine.world.notify.send(message, signal);
    return null;
  });
  return sent.ok;
}
