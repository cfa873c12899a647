/**
 * By hand in the local world: its edge and agents are spoken to with curl, whether the orchestrator lives or not.
 * The token's key is made anew by the shell at each call, and `byHand` has the effector take it at its lock's present
 * position, so that a person need not know an epoch; the effect is recorded like any other.
 */
import { quoteShellWord } from "../../domain/quoting.ts";
import type { Hand } from "../../ports/hand.ts";

export type HandOptions = {
  readonly edge: { readonly controlUrl: string; readonly tokenFile: string };
  readonly agents: Readonly<Record<string, { readonly url: string; readonly tokenFile: string }>>;
  readonly cloudOf: (cluster: string) => string;
};

// A clean stop is the longest act; an agent gives it up before this.
const ANSWER_WITHIN_SECONDS = 60;

type Call = {
  readonly method: "PUT" | "POST";
  readonly url: string;
  readonly tokenFile: string;
  readonly lock: string;
};

export function createLocalHand({ edge, agents, cloudOf }: HandOptions): Hand {
  const agentOf = (cloud: string) => {
    const agent = agents[cloud];
    if (agent === undefined) throw new RangeError(`there is no agent in ${cloud}`);
    return agent;
  };
  return {
    setWeights: (weights) => {
      const url = `${edge.controlUrl}/v1/policy`;
      const call = { method: "PUT", url, tokenFile: edge.tokenFile, lock: "traffic" } as const;
      return [curl(call, { weights, setBy: "by-hand", why: "by hand" })];
    },
    scale: (cluster, replicas) => {
      const { url, tokenFile } = agentOf(cloudOf(cluster));
      const call = {
        method: "PUT",
        url: `${url}/v1/clusters/${cluster}/scale`,
        tokenFile,
        lock: "traffic",
      } as const;
      return [curl(call, { replicas })];
    },
    database: ({ database, cloud }, act) => {
      const { url, tokenFile } = agentOf(cloud);
      const { act: name, ...settings } = act;
      const call = {
        method: "POST",
        url: `${url}/v1/database/${name}`,
        tokenFile,
        lock: `database/${database}`,
      } as const;
      return [curl(call, { database, ...settings })];
    },
  };
}

function curl({ method, url, tokenFile, lock }: Call, body: object): string {
  const marked = JSON.stringify({ ...body, token: { key: "KEY", lock, byHand: true } });
  const [head = "", tail = ""] = marked.split('"KEY"');
  // The shell puts a fresh key between two quoted halves.
  const data = `${quoteShellWord(`${head}"by-hand/`)}"$(date +%s%N)"${quoteShellWord(`"${tail}`)}`;
  const bearer = `"authorization: Bearer $(cat ${quoteShellWord(tokenFile)})"`;
  return `curl --fail-with-body -sS --max-time ${ANSWER_WITHIN_SECONDS} -X ${method} ${quoteShellWord(url)} -H ${bearer} -H 'content-type: application/json' -d ${data}`;
}
