import { expect, test } from "vitest";
import { faulty } from "./injected-fault.ts";
import type { PodRequest } from "./routes.ts";

const token = "a-token-of-the-local-world";

function request(
  method: string,
  path: string,
  more: { body?: string; headers?: Record<string, string> } = {},
) {
  const whole: PodRequest = {
    method,
    path,
    query: new URLSearchParams(),
    header: (name) => more.headers?.[name],
    body: async () => more.body ?? "",
  };
  return whole;
}

const control = (fault: unknown, headers: Record<string, string> = {}): PodRequest =>
  request("PUT", "/injected-fault", {
    body: typeof fault === "string" ? fault : JSON.stringify(fault),
    headers: { authorization: `Bearer ${token}`, ...headers },
  });

const failing = { delayMs: 0, delayedPercent: 0, failedPercent: 100 };

/** A pod behind its fault: what it answers, and what it was asked. */
function pod(random: () => number = () => 0) {
  const asked: string[] = [];
  const waited: number[] = [];
  const answer = faulty(
    async ({ path }) => {
      asked.push(path);
      return { status: path === "/injected-fault" ? 404 : 200, body: {} };
    },
    token,
    {
      random,
      wait: async (ms) => {
        waited.push(ms);
      },
    },
  );
  return { answer, asked, waited };
}

test("a fault set with the token strikes requests and probes alike, until it is ended with the token", async () => {
  const { answer, asked } = pod();
  expect((await answer(control(failing))).status).toBe(200);
  expect((await answer(request("GET", "/observations"))).status).toBe(500);
  expect((await answer(request("GET", "/ready"))).status).toBe(500);
  expect(asked).toEqual([]);
  expect(await answer(control({ ...failing, failedPercent: 0 }))).toMatchObject({ status: 200 });
  expect((await answer(request("GET", "/ready"))).status).toBe(200);
});

test("only as many requests are struck as were asked for", async () => {
  const draws = [0.1, 0.7, 0.2999, 0.3];
  const { answer } = pod(() => draws.shift() ?? 1);
  await answer(control({ ...failing, failedPercent: 30 }));
  const statuses = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await answer(request("GET", "/observations"))).status);
  expect(statuses).toEqual([500, 200, 500, 200]);
});

test("a delayed answer is the pod's own, later", async () => {
  const { answer, asked, waited } = pod();
  await answer(control({ delayMs: 30, delayedPercent: 100, failedPercent: 0 }));
  expect((await answer(request("GET", "/observations"))).status).toBe(200);
  expect(waited).toEqual([30]);
  expect(asked).toEqual(["/observations"]);
});

test("without the token, with another one, or through the edge there is nothing at its path", async () => {
  const { answer } = pod();
  const strangers = [
    request("PUT", "/injected-fault", { body: JSON.stringify(failing) }),
    control(failing, { authorization: "Bearer another-token-of-that-length" }),
    control(failing, { via: "1.1 edge" }),
  ];
  for (const stranger of strangers) expect((await answer(stranger)).status).toBe(404);
  expect((await answer(request("GET", "/ready"))).status).toBe(200);
});

test.each(["", "null", "{}", '{"delayMs":0,"delayedPercent":0,"failedPercent":101}', '{"delayMs":-1}'])(
  "what is no fault is refused and changes nothing: %s",
  async (text) => {
    const { answer } = pod();
    expect((await answer(control(text))).status).toBe(400);
    expect((await answer(request("GET", "/ready"))).status).toBe(200);
  },
);
