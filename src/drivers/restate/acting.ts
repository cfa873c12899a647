/** A service that does nothing: an answer of it proves that the engine writes down and that a worker carries out. */
import { type Context, service } from "@restatedev/restate-sdk";

export const actingService = service({
  name: "acting",
  handlers: { answer: async (_ctx: Context): Promise<boolean> => true },
});
