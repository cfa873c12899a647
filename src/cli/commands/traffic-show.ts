/** `traffic show`: the weights, who set them and why, and what clients got in the last seconds. */
import type { TrafficAnswer } from "../api/parse-answers.ts";
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { type Cell, columns } from "../views/columns.ts";
import { lengthText } from "../views/style.ts";
import type { Style } from "../views/view.ts";

export const trafficShow: Command = async (_call, context) => {
  const api = await context.api();
  const answer = await api.traffic();
  context.view.show({ kind: "traffic", data: answer, text: (style) => trafficText(answer, style) });
  return EXIT.ok;
};

function trafficText({ policy, clouds, window, demand }: TrafficAnswer, { colors, date }: Style): string[] {
  const rows = Object.entries(policy.weights).map(([cloud, weight]): Cell[] => {
    const verdict = clouds[cloud]?.verdict ?? "unknown";
    const paint = verdict === "healthy" ? colors.green : verdict === "down" ? colors.red : colors.yellow;
    return [
      cloud,
      `${weight}`,
      { text: verdict, paint },
      verdict === "healthy" ? "" : (clouds[cloud]?.reason ?? ""),
    ];
  });
  const good =
    window.requests === 0
      ? "-"
      : `${(Math.floor((1e4 * (window.requests - window.failed)) / window.requests) / 100).toFixed(2)} %`;
  const p99 = window.p99Ms === null ? "-" : `${Math.round(window.p99Ms)} ms`;
  return [
    ...columns([["CLOUD", "WEIGHT", "VERDICT", ""], ...rows], ["left", "right", "left", "left"]),
    "",
    ...columns([
      [
        "policy",
        `version ${policy.version} (epoch ${policy.epoch}), set by ${policy.setBy} at ${date(policy.setAtMs)}`,
      ],
      ["why", policy.why === "" ? "-" : policy.why],
      [
        "clients",
        `${window.requests} requests in ${lengthText(window.ms)}, ${window.failed} failed, ${window.slow} slow; good ${good}, p99 ${p99}`,
      ],
      ["demand", `${Math.round(demand.requestsPerSecond)} req/s, the highest minute of the last hour`],
    ]),
  ];
}
