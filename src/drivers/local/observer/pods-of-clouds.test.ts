import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../../domain/secret.ts";
import { PodsOfClouds } from "./pods-of-clouds.ts";

const POD = { url: "http://127.0.0.1:4711", pid: 4711 };
const clusters = { "aws-west": { cloud: "aws" }, "azure-west": { cloud: "azure" } };

let scratch: string;
let agent: Server;
let url: string;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "wildcam-pods-"));
  agent = createServer((request, response) => {
    const isList = request.url === "/v1/endpoints";
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(isList ? [{ cluster: "aws-west", ...POD }] : { "aws-west": { replicas: 1 } }),
    );
  });
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const address = agent.address();
  if (address === null || typeof address === "string") throw new Error("the agent has no port");
  url = `http://127.0.0.1:${address.port}`;
});

afterEach(async () => {
  await silence();
  rmSync(scratch, { recursive: true, force: true });
});

const file = () => join(scratch, "pods.json");
const begin = () =>
  new PodsOfClouds({ aws: { url, token: new Secret("token") } }, { clusters, file: file() });

async function silence(): Promise<void> {
  agent.closeAllConnections();
  await new Promise((resolve) => agent.close(resolve));
}

test("pods that an agent told of are known to an observer that starts anew while that agent is silent", async () => {
  const first = begin();
  expect(first.of("aws-west")).toBeNull();
  await first.ask("aws");
  expect(first.of("aws-west")).toEqual([POD]);
  await silence();
  const second = begin();
  await second.ask("aws");
  expect(second.of("aws-west")).toEqual([POD]);
  expect(second.of("azure-west")).toBeNull();
});

test("what cannot be read of that is learnt again", async () => {
  writeFileSync(file(), '{"aws-west": [{"url"');
  const pods = begin();
  expect(pods.of("aws-west")).toBeNull();
  await pods.ask("aws");
  expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ "aws-west": [POD] });
});
