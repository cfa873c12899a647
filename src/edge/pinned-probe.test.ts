import { afterEach, describe, expect, test } from "vitest";
import { type FixtureWorld, startWorld, until, type WorldOptions } from "./fixture-world.ts";

const worlds: FixtureWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

async function start(options: Partial<WorldOptions> = {}): Promise<FixtureWorld> {
  const world = await startWorld({
    clusters: { aws: ["aws-west", "aws-west", "aws-east"], gcp: ["gcp-west"] },
    weights: { aws: 0, gcp: 100 },
    ...options,
  });
  worlds.push(world);
  return world;
}

const pinned = (cluster: string) => ({ headers: { "x-edge-probe": cluster } });

describe("a probe that names a cluster", () => {
  test("is answered by that cluster, also one without weight, and by each of its pods in turn", async () => {
    const world = await start();
    for (const path of ["/health", "/health", "/ready"]) {
      const { status, headers } = await world.send(path, pinned("aws-west"));
      expect([status, headers["x-served-by-cluster"]]).toEqual([200, "aws-west"]);
    }
    const own = world.pods.filter(({ cluster }) => cluster === "aws-west");
    const askedBy = own.map((pod) => pod.received.filter(({ headers }) => "x-edge-probe" in headers).length);
    expect(askedBy).toEqual([1, 1]);
  });

  test("counts nowhere: not as a request, for demand, or against a cloud that fails it", async () => {
    const world = await start();
    for (const pod of world.pods) if (pod.cluster === "aws-east") pod.behaviour = 500;
    for (let n = 0; n < 40; n++) expect((await world.send("/health", pinned("aws-east"))).status).toBe(500);
    const { json } = await world.control("/v1/window?ms=10000");
    expect(json).toMatchObject({ requests: 0, failed: 0, clouds: { aws: { requests: 0, attempts: 0 } } });
    expect((await world.control("/v1/demand")).json).toMatchObject({ requestsPerSecond: 0 });
    expect((await world.control("/v1/clouds")).json.clouds.aws.verdict).toBe("healthy");
  });

  test("is refused for anything but a look at health", async () => {
    const world = await start();
    const answers = [
      await world.send("/v1/observations", pinned("aws-west")),
      await world.send("/health", { ...pinned("aws-west"), method: "POST", body: "{}" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(world.pods.every(({ received }) => received.every(({ path }) => path === "/ready"))).toBe(true);
  });

  test("is told that nobody there can serve, when no pod is ready or the cluster is not known", async () => {
    const world = await start();
    await world.pod("gcp-west").die();
    await until("its death is seen", async () => (await world.state("gcp-west")) === "ejected");
    const dead = await world.send("/ready", pinned("gcp-west"));
    expect([dead.status, dead.text]).toEqual([503, expect.stringContaining("none of its 1 pods is ready")]);
    const unknown = await world.send("/ready", pinned("moon-west"));
    expect([unknown.status, unknown.text]).toEqual([503, expect.stringContaining("none is known here")]);
  });

  test("is given up on after its deadline, and its pod's silence is not the client's", async () => {
    const world = await start();
    world.pod("gcp-west").behaviour = "hang";
    const answer = await world.send("/health", pinned("gcp-west"));
    expect([answer.status, answer.text]).toEqual([504, expect.stringContaining("no answer within")]);
    expect((await world.control("/v1/window?ms=10000")).json).toMatchObject({ requests: 0 });
  });
});

test("the control API judges each cluster by its own pods and by the requests that it had", async () => {
  const world = await start({ weights: { aws: 100, gcp: 0 } });
  world.pod("aws-east").behaviour = 500;
  for (let n = 0; n < 150; n++) await world.send("/", { method: "POST", body: "{}" });
  const { aws, gcp } = (await world.control("/v1/clouds")).json.clouds;
  expect(aws.clusters["aws-west"]).toMatchObject({ verdict: "healthy", readyPods: 2, knownPods: 2 });
  expect(aws.clusters["aws-east"]).toMatchObject({ verdict: "degraded", knownPods: 1 });
  expect(gcp.clusters["gcp-west"].verdict).toBe("healthy");
  await world.pod("gcp-west").die();
  await until("its death is seen", async () => (await world.state("gcp-west")) === "ejected");
  expect((await world.control("/v1/clouds")).json.clouds.gcp.clusters["gcp-west"].verdict).toBe("down");
});
