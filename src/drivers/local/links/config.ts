/** The relay's configuration: written by the supervisor at each bring-up, read at each start of the relay. */
import { z } from "zod";
import { link } from "./link.ts";

export const relayConfig = z.object({
  host: z.string(),
  controlPort: z.int(),
  tokenFile: z.string(),
  /** Which clouds are cut off, kept over restarts. */
  cutFile: z.string(),
  links: z.array(link),
});

export type RelayConfig = z.infer<typeof relayConfig>;

export const cutOrder = z.strictObject({ clouds: z.array(z.string()) });
