/** The local world for people: what answers where, and which process it is. */
import type { CloudFault, LocalStatus } from "./context.ts";
import { type Cell, columns } from "./views/columns.ts";

export function localStatusText({
  edge,
  databases,
  pods,
  agents,
  observers,
  orchestrator,
  stateDir,
  faults = [],
}: LocalStatus): string[] {
  const number = (pid: number | null) => (pid === null ? "-" : `${pid}`);
  const rows: Cell[][] = [
    ["edge", "", "", edge.url],
    ...orchestrator.map(({ cloud, apiUrl, pids }) => [
      "orchestrator",
      cloud ?? "",
      `${number(pids.server)} ${number(pids.engine)}`,
      apiUrl,
    ]),
    ...agents.map(({ cloud, url, pid }) => ["agent", cloud, number(pid), url]),
    ...observers.map(({ cloud, url, pid }) => ["observer", cloud, number(pid), url]),
    ...databases.map(({ cloud, url, role, pid }) => [
      "database",
      `${cloud} ${role}`,
      number(pid),
      withoutPassword(url),
    ]),
    ...pods.map(({ cluster, url, pid }) => ["pod", cluster, `${pid}`, url]),
  ];
  const tokens = [...new Set(orchestrator.map(({ tokenFile }) => `Token  ${tokenFile}`))];
  const troubles = orchestrator.flatMap(({ cloud, trouble }) =>
    trouble === null || trouble === undefined ? [] : [`The orchestrator's member in ${cloud}: ${trouble}.`],
  );
  return [
    ...columns([["WHAT", "WHERE", "PID", "ADDRESS"], ...rows], ["left", "left", "left", "left"]),
    "",
    `State  ${stateDir}`,
    ...tokens,
    ...faults.map((fault) => `Fault  ${faultText(fault)}`),
    ...troubles,
  ];
}

/** What a cloud or a cluster has, in a few words. */
export function faultText({ cloud, cluster, fault, processes, delayMs, percent }: CloudFault): string {
  const share = percent === null ? "" : `, ${percent} % of its requests`;
  const late = delayMs === null ? "" : `, ${delayMs} ms late`;
  const struck = processes === null ? "" : `, ${processes} processes`;
  return `${cluster ?? cloud}: ${fault}${struck}${share}${late}`;
}

/** People read this over shoulders and paste it into chats; programs get the whole address by `--json`. */
function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, "$1@");
}
