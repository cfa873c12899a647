/**
 * Looking by hand in the local world: edge and agents are asked with curl, whether the orchestrator lives or not. No
 * psql: an agent answers for its server also when that is stopped.
 *
 * What must hold is looked for by `grep` in the one line of JSON that they answer.
 */
import { quoteShellWord } from "../../domain/quoting.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import type { Looks } from "../../ports/looks.ts";
import type { HandOptions } from "./hand.ts";

type Place = { readonly url: string; readonly tokenFile: string };

const ANSWER_WITHIN_SECONDS = 10;
const TRIES = 60;

/** A second apart, `TRIES` times at most. In a subshell: `exit` must not close the terminal of who pastes it. */
const until = (look: string): string =>
  `( n=0; until ${look}; do n=$((n+1)); test $n -lt ${TRIES} || exit 1; sleep 1; done )`;

export function createLocalLooks({ edge, agents, cloudOf }: HandOptions): Looks {
  const agentOf = (cloud: string): Place => {
    const agent = agents[cloud];
    if (agent === undefined) throw new RangeError(`there is no agent in ${cloud}`);
    return agent;
  };
  const edgeAt = { url: edge.controlUrl, tokenFile: edge.tokenFile };
  const member = (cloud: string) => get(agentOf(cloud), "/v1/database");
  const memberHas = (cloud: string, ...facts: readonly string[]) => has(member(cloud), facts);
  return {
    traffic: () => [
      shown(get(edgeAt, "/v1/policy")),
      shown(get(edgeAt, "/v1/clouds")),
      shown(get(edgeAt, "/v1/window?ms=10000")),
    ],
    cluster: (cluster) => [shown(get(agentOf(cloudOf(cluster)), "/v1/clusters"))],
    member: ({ cloud }) => [shown(member(cloud))],
    healthy: (cloud) => [has(get(edgeAt, "/v1/clouds"), [`"${cloud}":{[^{}]*"verdict":"healthy"`])],
    weightsStand: (weights) => {
      const facts = Object.entries(weights).map(
        ([cloud, points]) => `"weights":{[^}]*"${cloud}":${points}[,}]`,
      );
      return [has(get(edgeAt, "/v1/policy"), facts)];
    },
    replicasReady: (cluster, replicas) => [
      until(
        has(get(agentOf(cloudOf(cluster)), "/v1/clusters"), [
          `"${cluster}":{"replicas":${replicas},"ready":${replicas},`,
        ]),
      ),
    ],
    stands: ({ cloud }, act) => standsLines((...facts) => memberHas(cloud, ...facts), act),
    caughtUp: ({ from, to }) => [
      memberHas(from, '"state":"stopped"', '"stoppedCleanly":true'),
      `end=$(${member(from)} | ${fieldOf("position")})`,
      `has=$(${member(to)} | ${fieldOf("replayed")})`,
      // The checkpoint's own record comes behind `end`, so who has all of it is beyond.
      `test $(( (0x\${has%/*} << 32) + 0x\${has#*/} )) -gt $(( (0x\${end%/*} << 32) + 0x\${end#*/} ))`,
    ],
    follows: ({ cloud }, primary) => [until(memberHas(cloud, ...standbyOf(primary)))],
    writable: ({ database, cloud }) => [
      `${curl(agentOf(cloud), "/v1/database/marker")} -X POST -H 'content-type: application/json' -d ${quoteShellWord(JSON.stringify({ database }))}; echo`,
    ],
    hold: (forMs) => [
      `sleep ${Math.ceil(forMs / 1_000)}`,
      shown(get(edgeAt, `/v1/window?ms=${Math.min(60_000, Math.max(1_000, forMs))}`)),
    ],
  };
}

type MemberHas = (...facts: readonly string[]) => string;

function standsLines(has: MemberHas, act: DatabaseAct): string[] {
  switch (act.act) {
    case "block-writes":
      return [has('"writesBlocked":true')];
    case "unblock-writes":
      return [has('"writesBlocked":false')];
    case "stop-cleanly":
      return [has('"state":"stopped"', '"stoppedCleanly":true')];
    case "start-as-primary":
    case "promote":
      return [until(has('"role":"primary"'))];
    case "follow":
    case "rebuild":
      return [until(has(...standbyOf(act.primary)))];
    case "detach":
      return [until(has('"role":"standby"', '"follows":null', '"streaming":false'))];
    // Their answers are the member's facts after the act.
    case "attach":
    case "create-slot":
    case "drop-slot":
    case "set-synchronous":
      return [];
    default:
      return act satisfies never;
  }
}

const standbyOf = (primary: string) => ['"role":"standby"', `"follows":"${primary}"`, '"streaming":true'];

function curl({ url, tokenFile }: Place, path: string): string {
  const bearer = `"authorization: Bearer $(cat ${quoteShellWord(tokenFile)})"`;
  return `curl -fsS --max-time ${ANSWER_WITHIN_SECONDS} -H ${bearer} ${quoteShellWord(url + path)}`;
}

const get = curl;

/** An answer has no line feed at its end. */
function shown(call: string): string {
  return `${call}; echo`;
}

function has(call: string, facts: readonly string[]): string {
  return `${call}${facts.map((fact) => ` | grep -e ${quoteShellWord(fact)}`).join("")} >/dev/null`;
}

function fieldOf(name: string): string {
  return `sed -n ${quoteShellWord(`s/.*"${name}":"\\([0-9A-F/]*\\)".*/\\1/p`)}`;
}
