import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FixtureDisk, turns } from "./fixture-disk.ts";
import { openEffectorMemory, type Attempt, type EffectorMemory, type Outcome } from "./memory.ts";
import { comparePositions, type Token } from "./token.ts";

function open(disk: FixtureDisk): Promise<EffectorMemory<unknown>> {
  let time = 1000;
  return openEffectorMemory({
    file: "effects/edge.ndjson",
    effector: "edge",
    now: () => time++,
    parseAnswer: (value: unknown) => value,
    openFile: disk.open,
  });
}

function token(epoch: number, sequence: number, branch: string, lock: string): Token {
  return { key: `${lock}-run-${epoch}/${sequence}${branch}`, lock, epoch, sequence };
}

/** One event of a schedule: an act is sent (and not waited for), or the process crashes and starts again. */
type Event =
  | Readonly<{
      kind: "act";
      given: Token;
      end: "done" | "found" | "refused" | "throw";
      workTurns: number;
      turnsAfter: number;
    }>
  | Readonly<{ kind: "crash"; share: number }>;

const arbitraryEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("act" as const),
      given: fc
        .tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 1, max: 3 }),
          fc.constantFrom("", ".a", ".b"),
          fc.constantFrom("traffic", "database"),
        )
        .map(([epoch, sequence, branch, lock]) => token(epoch, sequence, branch, lock)),
      end: fc.constantFrom(
        "done" as const,
        "done" as const,
        "found" as const,
        "refused" as const,
        "throw" as const,
      ),
      workTurns: fc.integer({ min: 0, max: 40 }),
      turnsAfter: fc.integer({ min: 0, max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("crash" as const), share: fc.constantFrom(0, 0, 0.3, 0.7, 1) }),
  },
);

type Effect = Readonly<{ given: Token; life: number; triedBefore: boolean; id: number }>;

/** Plays a schedule, and returns every effect in the order in which it landed, and every answer that reached a caller. */
async function play(
  events: readonly Event[],
): Promise<{ effects: Effect[]; answers: { key: string; id: unknown }[] }> {
  const disk = new FixtureDisk();
  const effects: Effect[] = [];
  const answers: { key: string; id: unknown }[] = [];
  let life = 0;
  let memory = await open(disk);
  const send = async (
    event: Extract<Event, { kind: "act" }>,
    born: number,
    by: EffectorMemory<unknown>,
  ): Promise<void> => {
    const work = async ({ triedBefore }: Attempt): Promise<Outcome<unknown>> => {
      await turns(event.workTurns);
      if (event.end === "throw") throw new Error("failed");
      if (event.end === "refused") return { result: "refused", reason: "declined" };
      if (born !== life) return new Promise(() => {});
      const id = effects.push({ given: event.given, life: born, triedBefore, id: effects.length }) - 1;
      return { result: event.end, answer: id };
    };
    const applied = await by.apply({ op: "op", token: event.given, work });
    if (born === life && applied.result !== "refused")
      answers.push({ key: event.given.key, id: applied.answer });
  };
  for (const event of events) {
    if (event.kind === "crash") {
      life++;
      disk.crash(event.share);
      memory = await open(disk);
    } else {
      void send(event, life, memory).catch(() => {});
      await turns(event.turnsAfter);
    }
  }
  await memory.close();
  return { effects, answers };
}

describe("whatever order acts, twins, failures and crashes come in", () => {
  const schedules = fc.array(arbitraryEvent, { minLength: 5, maxLength: 40 });

  test("an older token is never applied after a newer one", async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (events) => {
        const { effects } = await play(events);
        for (const lock of ["traffic", "database"]) {
          const landed = effects.filter(({ given }) => given.lock === lock);
          for (const [n, { given }] of landed.entries()) {
            expect(n === 0 || comparePositions(landed[n - 1]?.given ?? given, given) <= 0).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a key is applied at most once in a life, and again only after a crash that swallowed its answer, which the work is told", async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (events) => {
        const { effects, answers } = await play(events);
        for (const later of effects) {
          const earlier = effects.filter((one) => one.given.key === later.given.key && one.id < later.id);
          for (const one of earlier) {
            expect(one.life).toBeLessThan(later.life);
            expect(answers.some(({ id }) => id === one.id)).toBe(false);
          }
          expect(later.triedBefore || earlier.length === 0).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("every answer to a key is the first one", async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (events) => {
        const { answers } = await play(events);
        const first = new Map<string, unknown>();
        for (const { key, id } of answers) {
          if (!first.has(key)) first.set(key, id);
          expect(id).toBe(first.get(key));
        }
      }),
      { numRuns: 300 },
    );
  });
});
