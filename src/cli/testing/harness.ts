/**
 * Runs the whole command line in this process against a fake API: everything is real but the network's other end, the
 * clock, and where things lie.
 */
import type { LedgerCopy } from "../../domain/ledger-proof.ts";
import type { LocalStatus, Outside } from "../context.ts";
import { Secret } from "../../domain/secret.ts";
import { runCommandLine } from "../run-command-line.ts";
import { realOutside } from "../wire.ts";
import { fakeApi, type Recorded } from "./fake-api.ts";
import { localStatus } from "./recorded.ts";
import { NOW_MS } from "./recorded-runs.ts";
import { keyOf } from "./signer.ts";

export type Scene = Recorded & {
  /** A person at a terminal, with colours. */
  readonly terminal?: boolean;
  /** False: nothing is up. */
  readonly up?: boolean;
  readonly local?: LocalStatus;
  readonly ledgers?: Readonly<Record<string, readonly LedgerCopy[]>>;
  readonly outside?: Partial<Outside>;
};

export type Played = {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly string[];
};

const utc = new Intl.DateTimeFormat("sv-SE", { timeZone: "UTC", dateStyle: "short", timeStyle: "medium" });

export async function play(words: readonly string[], scene: Scene = {}): Promise<Played> {
  let [out, err] = ["", ""];
  const leaving = new AbortController();
  const api = fakeApi(scene, () => leaving.abort());
  const exit = await runCommandLine(words, {
    version: () => "1.2.3",
    outside: async () => outsideOf(scene, api.send),
    io: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      terminal: { interactive: scene.terminal === true, color: scene.terminal === true, columns: 100 },
      interrupted: leaving.signal,
      now: () => NOW_MS,
      sleep: async () => {},
      isoTime: (ms) => `${utc.format(ms).replace(" ", "T")}.000Z`,
    },
  });
  return { exit, out, err, calls: api.calls };
}

function outsideOf(scene: Scene, send: Outside["send"]): Outside {
  const local = scene.up === false ? null : (scene.local ?? localStatus);
  const members = local?.orchestrator ?? [];
  const [first] = members;
  return {
    ...realOutside(),
    inventoryFileOf: async () => null,
    localStatus: async () => local,
    orchestratorOf: async () =>
      first === undefined
        ? null
        : { apiUrls: members.map(({ apiUrl }) => apiUrl), tokenFile: first.tokenFile },
    readToken: async () => new Secret("a-token-of-olivia"),
    makeTokenFile: async () => "d".repeat(64),
    removeFile: async () => {},
    tokenFileOf: (stateDir, person) => `${stateDir}/tokens/${person}`,
    resolvePath: (...parts) => ["/here", ...parts].join("/"),
    ledgerRuns: async () => Object.keys(scene.ledgers ?? {}),
    ledgerKey: async () => keyOf("wildcam-here"),
    readText: async () => null,
    ledgerCopies: async (_folders, run) => scene.ledgers?.[run] ?? [],
    codeVersion: async () => "0123456789abcdef",
    send,
    ...scene.outside,
  };
}

/** What a person or a script would see, whole: for goldens. */
export function transcript(words: readonly string[], { exit, out, err }: Played): string {
  // Escapes are written out, so that a golden can be read and cannot act on a terminal.
  const shown = (text: string) => text.replaceAll("\u001b", "\\e").replaceAll("\r", "\\r");
  return `$ wildcam ${words.join(" ")}\n--- stdout\n${shown(out)}--- stderr\n${shown(err)}--- exit ${exit}\n`;
}
