/** A whole local world with its orchestrator, for tests that do harm to clouds and look at what the product makes of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import type { z } from "zod";
import { type FaultClient, faultClientOf } from "../../src/drivers/local/faults/client.ts";
import { programPath } from "../../src/drivers/local/processes/node-process.ts";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import { bringUpWithinMs } from "../../src/drivers/local/testing/shared-world.ts";
import { type BringUp, bringUp, type RunningWorld } from "../../src/drivers/local/world/bring-up.ts";
import { requestDown } from "../../src/drivers/local/world/down.ts";
import { askApi } from "./ask-api.ts";

const WITHIN_MS = 120_000;

export class StruckWorld {
  readonly #scratch = mkdtempSync(join(tmpdir(), "wildcam-struck-"));
  readonly stateDir = join(this.#scratch, "state");
  #world: RunningWorld | undefined;

  /** With short holds; `change` has the inventory's document for what the test needs besides. */
  async up(change: (document: Document) => void, kind: Pick<BringUp, "partitions"> = {}): Promise<void> {
    const document = parseDocument(readFileSync(programPath("inventory.yaml"), "utf8"));
    for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "1s");
    change(document);
    const inventoryFile = join(this.#scratch, "inventory.yaml");
    writeFileSync(inventoryFile, document.toString());
    this.#world = await bringUp({
      stateDir: this.stateDir,
      inventoryFile,
      profile: "drill",
      edgePort: null,
      signal: AbortSignal.timeout(bringUpWithinMs),
      ...kind,
    });
    this.#world.ended.catch(() => undefined);
  }

  /** Safe in any state. */
  async down(): Promise<void> {
    await this.#world?.down();
    await requestDown(this.stateDir, { purge: true });
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  get status(): RunningWorld["status"] {
    if (this.#world === undefined) throw new Error("the world is not up");
    return this.#world.status;
  }

  get faults(): FaultClient {
    const client = faultClientOf(this.stateDir);
    if (client === null) throw new Error("nobody takes orders for faults");
    return client;
  }

  async ask<T>(path: string, answer: z.ZodType<T>): Promise<T> {
    const apiUrl = this.status.orchestrator[0]?.apiUrl ?? "";
    return answer.parse((await askApi({ apiUrl, stateDir: this.stateDir }, path)).body);
  }

  async post(path: string, who: string, body: object): Promise<{ status: number; body: unknown }> {
    const apiUrl = this.status.orchestrator[0]?.apiUrl ?? "";
    return await askApi({ apiUrl, stateDir: this.stateDir }, path, { who, method: "POST", body });
  }

  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const found = await pollUntil(look, { withinMs: WITHIN_MS, everyMs: 200 });
    if (found === undefined) throw new Error(`in vain until ${what}`);
    return found;
  }
}
