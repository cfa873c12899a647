/** What `cloud status` shows: verdicts, and what the clouds say of themselves beside them. */
import type { CloudsAnswer } from "../api/parse-answers.ts";
import { EXIT } from "../exit.ts";
import type { Scenario } from "./ledger-scenarios.ts";
import * as recorded from "./recorded.ts";
import { NOW_MS } from "./recorded-runs.ts";

const heard = { open: 1, elsewhere: 0, heardAtMs: NOW_MS - 41_000, problem: null };
const quiet = { ...heard, text: "", sinceMs: null, updatedMs: null, where: [], open: 0 };
const WORDS: Readonly<Record<string, CloudsAnswer["clouds"][number]["own"]>> = {
  aws: {
    ...heard,
    says: "outage",
    text: "Amazon Elastic Compute Cloud: Increased Error Rates",
    sinceMs: NOW_MS - 720_000,
    updatedMs: NOW_MS - 180_000,
    where: ["us-west-2"],
    open: 2,
    elsewhere: 3,
    page: "https://health.aws.amazon.com/health/status",
    agreement: "admitted",
  },
  azure: { ...quiet, says: "well", page: "https://azure.status.microsoft/", agreement: "both-well" },
  gcp: {
    ...quiet,
    says: "nothing",
    heardAtMs: null,
    problem: "status.cloud.google.com: it did not answer within 10 s",
    page: "https://status.cloud.google.com/",
    agreement: "silent",
  },
};

type Own = NonNullable<CloudsAnswer["clouds"][number]["own"]>;

function withWords(answer: CloudsAnswer, aws: Partial<Own> = {}): CloudsAnswer {
  const clouds = answer.clouds.map((one) => {
    const own = WORDS[one.cloud] ?? null;
    return { ...one, own: own === null || one.cloud !== "aws" ? own : { ...own, ...aws } };
  });
  return { ...answer, clouds };
}

/** The cloud that has died admits it; the other two say that all is well, and nothing. */
export const cloudsAdmitted = withWords(recorded.cloudsAfter);
/** Before anybody here sees anything. */
const cloudsWarned = withWords(recorded.clouds, { agreement: "not-seen-here" });
/** It has died, and its page does not say so; the page itself has fallen silent meanwhile. */
const cloudsUnadmitted = withWords(recorded.cloudsAfter, {
  ...quiet,
  says: "well",
  problem: "health.aws.amazon.com: it answered 503",
  agreement: "not-admitted",
});

export const cloudScenarios: readonly Scenario[] = [
  ["cloud-status", EXIT.ok, ["cloud", "status"], { clouds: [recorded.clouds] }],
  ["cloud-status-terminal", EXIT.ok, ["cloud", "status"], { clouds: [recorded.cloudsAfter], terminal: true }],
  ["cloud-status-hint", EXIT.ok, ["cloud", "status"], { clouds: [cloudsWarned] }],
  ["cloud-status-admitted", EXIT.ok, ["cloud", "status"], { clouds: [cloudsAdmitted], terminal: true }],
  ["cloud-status-not-admitted", EXIT.ok, ["cloud", "status"], { clouds: [cloudsUnadmitted], terminal: true }],
  [
    "cloud-status-watch-words",
    EXIT.ok,
    ["cloud", "status", "--watch"],
    { clouds: [cloudsWarned, cloudsUnadmitted], leavesBefore: 3 },
  ],
  [
    "cloud-status-watch",
    EXIT.ok,
    ["cloud", "status", "--watch"],
    { clouds: [recorded.clouds, recorded.clouds, recorded.cloudsAfter], leavesBefore: 3 },
  ],
];
