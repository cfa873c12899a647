/**
 * The laws of `databases.ts` as tests, for whatever implements it. They run in order on one group of three, and each leaves
 * it as it found it: the primary where it was, both others following it.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { Cloud, DatabaseMemberFacts } from "../domain/snapshot.ts";
import { compareLsn, parseLsn } from "../domain/units.ts";
import { staleToken, type TokenSource } from "./contract-tokens.ts";
import type { DatabaseAct, Databases } from "./databases.ts";
import type { EffectAnswer } from "./token.ts";

export type DatabasesSetup = {
  /** Of an installation whose policy lets a primary acknowledge alone: one standby is stated. */
  readonly databases: Databases;
  readonly database: string;
  readonly primary: Cloud;
  readonly standby: Cloud;
  readonly third: Cloud;
  readonly slotOf: (cloud: Cloud) => string;
  /** The same port where the third member's cloud does not answer. */
  readonly halfReachable: Databases;
  readonly tokens: TokenSource;
  /** What a client's write at that member comes to. */
  readonly write: (cloud: Cloud) => Promise<"acknowledged" | "read-only" | "failed">;
  /** A client's transaction that has written and is still open; `end` answers what its commit came to. */
  readonly openWrite: (cloud: Cloud) => Promise<{ readonly end: () => Promise<"acknowledged" | "failed"> }>;
  readonly pause: (ms: number) => Promise<void>;
};

export function databasesContract(
  name: string,
  prepare: () => Promise<DatabasesSetup> | DatabasesSetup,
): void {
  describe(`the database laws hold for ${name}`, () => {
    const signal = AbortSignal.timeout(180_000);
    let setup: DatabasesSetup;
    beforeAll(async () => {
      setup = await prepare();
    });

    async function perform(cloud: Cloud, act: DatabaseAct): Promise<EffectAnswer<DatabaseMemberFacts>> {
      return await setup.databases.perform({ database: setup.database, cloud }, act, setup.tokens(), signal);
    }

    async function member(cloud: Cloud, databases = setup.databases): Promise<DatabaseMemberFacts> {
      const found = (await databases.observe(setup.database, signal)).members[cloud];
      if (found === undefined) throw new Error(`the answer lacks ${cloud}`);
      return found;
    }

    test("observe tells the primary from those that stream from it, on one timeline", async () => {
      const { primary, standby, third } = setup;
      const upright = await member(primary);
      expect(upright).toMatchObject({
        state: "running",
        role: "primary",
        follows: null,
        writesBlocked: false,
      });
      for (const cloud of [standby, third]) {
        expect(await member(cloud)).toMatchObject({
          state: "running",
          role: "standby",
          follows: primary,
          streaming: true,
          timeline: upright.timeline,
        });
      }
      expect(upright.slots.map((slot) => [slot.name, slot.active])).toEqual(
        [standby, third]
          .map(setup.slotOf)
          .toSorted()
          .map((slot) => [slot, true]),
      );
    });

    test("observe does not throw for a member that cannot be reached", async () => {
      expect(await member(setup.third, setup.halfReachable)).toMatchObject({
        state: "unreachable",
        role: null,
        position: null,
      });
      expect(await member(setup.primary, setup.halfReachable)).toMatchObject({
        state: "running",
        role: "primary",
      });
    });

    test("after block-writes clients are told read-only, and unblock-writes opens the server again", async () => {
      expect(await setup.write(setup.primary)).toBe("acknowledged");
      expect(await perform(setup.primary, { act: "block-writes" })).toMatchObject({
        result: "done",
        answer: { writesBlocked: true },
      });
      expect(await setup.write(setup.primary)).toBe("read-only");
      expect((await perform(setup.primary, { act: "block-writes" })).result).toBe("found");
      expect(await perform(setup.primary, { act: "unblock-writes" })).toMatchObject({
        result: "done",
        answer: { writesBlocked: false },
      });
      expect((await perform(setup.primary, { act: "unblock-writes" })).result).toBe("found");
      expect(await setup.write(setup.primary)).toBe("acknowledged");
    });

    test("block-writes answers only when a transaction that wrote before has ended", async () => {
      const open = await setup.openWrite(setup.primary);
      const order: string[] = [];
      const blocked = perform(setup.primary, { act: "block-writes" }).then(() => order.push("blocked"));
      await setup.pause(300);
      order.push("committed");
      expect(await open.end()).toBe("acknowledged");
      await blocked;
      expect(order).toEqual(["committed", "blocked"]);
      await perform(setup.primary, { act: "unblock-writes" });
    });

    test("stop-cleanly leaves a checkpoint that every standby has, and start-as-primary undoes it on the same timeline", async () => {
      const { primary, standby, third } = setup;
      const { timeline } = await member(primary);
      const { result, answer: stopped } = await perform(primary, { act: "stop-cleanly" });
      expect(result).toBe("done");
      expect(stopped).toMatchObject({ state: "stopped", role: null, stoppedCleanly: true, timeline });
      expect(await member(primary)).toEqual(stopped);
      for (const cloud of [standby, third]) {
        const { position } = await member(cloud);
        expect(compareLsn(parseLsn(position ?? "0/0"), parseLsn(stopped.position ?? "FFFFFFFF/0"))).toBe(1);
      }
      expect((await perform(primary, { act: "stop-cleanly" })).result).toBe("found");
      expect(await setup.write(primary)).toBe("failed");
      const started = await perform(primary, { act: "start-as-primary" });
      expect(started).toMatchObject({
        result: "done",
        answer: { state: "running", role: "primary", timeline, writesBlocked: false },
      });
      expect((await perform(primary, { act: "start-as-primary" })).result).toBe("found");
      expect(await setup.write(primary)).toBe("acknowledged");
    });

    test("start-as-primary is refused for a server that runs as a standby", async () => {
      await expect(perform(setup.standby, { act: "start-as-primary" })).rejects.toMatchObject({
        kind: "refused",
      });
    });

    test("a server out of recovery is refused to follow", async () => {
      const { primary, standby, slotOf } = setup;
      await expect(
        perform(primary, { act: "follow", primary: standby, slot: slotOf(primary) }),
      ).rejects.toMatchObject({ kind: "refused" });
      expect(await member(primary)).toMatchObject({ role: "primary" });
    });

    test("a running standby is re-pointed at another standby and back", async () => {
      const { primary, standby, third, slotOf } = setup;
      const slot = slotOf(third);
      expect((await perform(standby, { act: "create-slot", slot })).result).toBe("done");
      const cascaded = await perform(third, { act: "follow", primary: standby, slot });
      expect(cascaded).toMatchObject({ result: "done", answer: { follows: standby, streaming: true } });
      expect((await perform(third, { act: "follow", primary: standby, slot })).result).toBe("found");
      expect(await setup.write(primary)).toBe("acknowledged");
      const back = await perform(third, { act: "follow", primary, slot });
      expect(back).toMatchObject({ result: "done", answer: { follows: primary, streaming: true } });
      expect((await perform(standby, { act: "drop-slot", slot })).result).toBe("done");
      expect((await member(standby)).slots).toEqual([]);
    });

    test("create-slot reserves WAL at once, and drop-slot is refused while the slot is in use", async () => {
      const { primary, standby, slotOf } = setup;
      const { answer } = await perform(primary, { act: "create-slot", slot: "spare" });
      expect(answer.slots).toContainEqual({ name: "spare", active: false, walStatus: "reserved" });
      expect((await perform(primary, { act: "create-slot", slot: "spare" })).result).toBe("found");
      expect((await perform(primary, { act: "drop-slot", slot: "spare" })).result).toBe("done");
      expect((await perform(primary, { act: "drop-slot", slot: "spare" })).result).toBe("found");
      await expect(perform(primary, { act: "drop-slot", slot: slotOf(standby) })).rejects.toMatchObject({
        kind: "refused",
      });
    });

    test("set-synchronous takes effect, and names that PostgreSQL cannot use change nothing", async () => {
      const { primary } = setup;
      const { synchronousNames: names } = await member(primary);
      const fewer = { act: "set-synchronous", names: `ANY 1 (${setup.slotOf(setup.third)})` } as const;
      expect(await perform(primary, fewer)).toMatchObject({
        result: "done",
        answer: { synchronousNames: fewer.names },
      });
      await expect(perform(primary, { act: "set-synchronous", names: "ANY x (" })).rejects.toMatchObject({
        kind: "terminal",
      });
      expect(await perform(primary, { act: "set-synchronous", names })).toMatchObject({
        answer: { synchronousNames: names },
      });
      expect((await perform(primary, { act: "set-synchronous", names })).result).toBe("found");
    });

    test("a primary that waits for fewer standbys than its group states is on record until it waits again", async () => {
      const { primary, standby } = setup;
      const { synchronousNames: names } = await member(primary);
      const onRecord = async () => (await setup.databases.observe(setup.database, signal)).alone;
      await perform(standby, { act: "set-synchronous", names: "" });
      expect(await onRecord()).toEqual({ cloud: null });
      await perform(primary, { act: "set-synchronous", names: "" });
      expect(await onRecord()).toEqual({ cloud: primary });
      expect(await setup.write(primary)).toBe("acknowledged");
      expect(await onRecord()).toEqual({ cloud: primary });
      await setup.pause(500);
      await perform(primary, { act: "set-synchronous", names });
      expect(await setup.write(primary)).toBe("acknowledged");
      expect(await onRecord()).toEqual({ cloud: null });
    });

    test("a marker is acknowledged at the primary on its timeline, and refused at a standby", async () => {
      const at = (cloud: Cloud) => ({ database: setup.database, cloud });
      const { timeline } = await member(setup.primary);
      const marker = await setup.databases.marker(at(setup.primary), signal);
      expect(marker.timeline).toBe(timeline);
      expect(marker.tookMs).toBeGreaterThan(0);
      await expect(setup.databases.marker(at(setup.standby), signal)).rejects.toMatchObject({
        kind: "refused",
      });
    });

    test("a repeated key answers its first answer and does nothing again; an older token is refused", async () => {
      const at = { database: setup.database, cloud: setup.primary };
      const token = setup.tokens();
      const act = { act: "create-slot", slot: "spare" } as const;
      const first = await setup.databases.perform(at, act, token, signal);
      await perform(setup.primary, { act: "drop-slot", slot: "spare" });
      expect(await setup.databases.perform(at, act, token, signal)).toEqual({
        result: "repeated",
        answer: first.answer,
      });
      await expect(setup.databases.perform(at, act, staleToken(token), signal)).rejects.toMatchObject({
        kind: "refused",
      });
      expect((await member(setup.primary)).slots.map((slot) => slot.name)).not.toContain("spare");
    });

    test("promote is refused for a server that does not run", async () => {
      const { primary } = setup;
      await perform(primary, { act: "stop-cleanly" });
      await expect(perform(primary, { act: "promote" })).rejects.toMatchObject({ kind: "refused" });
      await perform(primary, { act: "start-as-primary" });
    });

    test("after a clean stop a standby is promoted to a higher timeline, the stopped one follows it, and all goes back", async () => {
      const { primary, standby, third, slotOf } = setup;
      const { timeline } = await member(primary);
      await movePrimary(primary, standby, third);
      expect(await member(standby)).toMatchObject({
        role: "primary",
        timeline: (timeline ?? 0) + 1,
        writesBlocked: false,
      });
      expect(await member(primary)).toMatchObject({
        role: "standby",
        follows: standby,
        streaming: true,
        timeline: (timeline ?? 0) + 1,
      });
      expect(await setup.write(primary)).toBe("read-only");
      expect(await setup.write(standby)).toBe("acknowledged");
      await movePrimary(standby, primary, third);
      expect(await setup.write(primary)).toBe("acknowledged");
      expect((await member(primary)).slots.map((slot) => slot.name)).toEqual(
        [slotOf(standby), slotOf(third)].toSorted(),
      );
    });

    test("who is detached receives nothing more and acknowledges nothing, and attach has it follow again", async () => {
      const { primary, standby, third, slotOf } = setup;
      const leaves = async (cloud: Cloud) => await perform(cloud, { act: "detach", slot: slotOf(cloud) });
      expect(await leaves(third)).toMatchObject({
        result: "done",
        answer: { role: "standby", follows: null, streaming: false },
      });
      expect((await leaves(third)).result).toBe("found");
      const { position } = await member(third);
      expect(await setup.write(primary)).toBe("acknowledged");
      expect((await leaves(standby)).result).toBe("done");
      expect(await setup.write(primary)).toBe("failed");
      expect((await member(third)).position).toBe(position);
      for (const cloud of [standby, third]) {
        const again = { act: "attach", primary, slot: slotOf(cloud) } as const;
        expect(await perform(cloud, again)).toMatchObject({ result: "done", answer: { follows: primary } });
        expect((await perform(cloud, again)).result).toBe("found");
        await untilStreaming(cloud, primary);
      }
      expect(await setup.write(primary)).toBe("acknowledged");
    });

    test("detach and attach are refused for a server that is out of recovery", async () => {
      const { primary, standby, slotOf } = setup;
      const slot = slotOf(primary);
      for (const act of [
        { act: "detach", slot },
        { act: "attach", primary: standby, slot },
      ] as const)
        await expect(perform(primary, act)).rejects.toMatchObject({ kind: "refused" });
    });

    test("a standby is promoted beside a primary that it has left, and rebuild makes that one a standby, whatever it wrote meanwhile", async () => {
      const { primary, standby, third, slotOf } = setup;
      const { timeline } = await member(primary);
      for (const cloud of [primary, third])
        await perform(standby, { act: "create-slot", slot: slotOf(cloud) });
      const names = `ANY 1 (${slotOf(primary)}, ${slotOf(third)})`;
      await perform(standby, { act: "set-synchronous", names });
      for (const cloud of [third, standby]) await perform(cloud, { act: "detach", slot: slotOf(cloud) });
      expect(await setup.write(primary)).toBe("failed");
      await perform(standby, { act: "promote" });
      await perform(third, { act: "follow", primary: standby, slot: slotOf(third) });
      expect(await setup.write(standby)).toBe("acknowledged");
      const back = { act: "rebuild", primary, slot: slotOf(standby) } as const;
      // The old primary may have been ended meanwhile by its own side's fence, and then cannot be asked.
      await expect(perform(standby, back)).rejects.toMatchObject({
        kind: expect.stringMatching(/^(refused|retryable)$/),
      });
      expect(await member(standby)).toMatchObject({ role: "primary", timeline: (timeline ?? 0) + 1 });
      const again = { act: "rebuild", primary: standby, slot: slotOf(primary) } as const;
      expect(await perform(primary, again)).toMatchObject({
        result: "done",
        answer: {
          role: "standby",
          follows: standby,
          streaming: true,
          timeline: (timeline ?? 0) + 1,
          slots: [],
          synchronousNames: "",
        },
      });
      expect((await perform(primary, again)).result).toBe("found");
      expect(await setup.write(primary)).toBe("read-only");
      await movePrimary(standby, primary, third);
      expect(await setup.write(primary)).toBe("acknowledged");
    });

    async function untilStreaming(cloud: Cloud, primary: Cloud): Promise<void> {
      const streams = async () => {
        const { follows, streaming } = await member(cloud);
        return streaming && follows === primary;
      };
      while (!(await streams())) {
        signal.throwIfAborted();
        await setup.pause(20);
      }
    }

    async function movePrimary(from: Cloud, to: Cloud, third: Cloud): Promise<void> {
      const { slotOf } = setup;
      for (const cloud of [from, third]) await perform(to, { act: "create-slot", slot: slotOf(cloud) });
      await perform(to, { act: "set-synchronous", names: `ANY 1 (${slotOf(from)}, ${slotOf(third)})` });
      await perform(third, { act: "follow", primary: to, slot: slotOf(third) });
      await perform(from, { act: "block-writes" });
      await perform(from, { act: "stop-cleanly" });
      await perform(to, { act: "promote" });
      await perform(from, { act: "follow", primary: to, slot: slotOf(from) });
      await perform(third, { act: "follow", primary: to, slot: slotOf(third) });
      for (const cloud of [to, third]) await perform(from, { act: "drop-slot", slot: slotOf(cloud) });
    }
  });
}
