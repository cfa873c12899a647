/** Members that are asked over their API whether they are there. They say so to anybody, and nothing else. */
import { request } from "undici";
import type { Peer, Peers } from "../../ports/peers.ts";

export type MemberAddress = { readonly name: string; readonly apiUrl: string };

const answerWithinMs = 800;

export function httpPeers(self: string | null, members: readonly MemberAddress[]): Peers {
  return {
    self,
    look: async (signal) =>
      await Promise.all(
        members.map(async ({ name, apiUrl }): Promise<Peer> => {
          return { name, up: name === self || (await answers(`${apiUrl}/v1/alive`, signal)) };
        }),
      ),
  };
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const { statusCode, body } = await request(url, { signal: bounded });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
