import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Agent, request } from "undici";
import { connectThrough } from "../../../links/connect-through.ts";
import { portChooser } from "../processes/free-port.ts";
import type { Link } from "./link.ts";
import { type Relay, startRelay } from "./relay.ts";
import { linksThatAnswer } from "./silence.ts";

const opened: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  return address.port;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}

/** Sends back what it gets. */
async function echo(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  opened.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return await listening(server);
}

async function web(): Promise<number> {
  const server = createHttpServer((_request, response) => response.end("served"));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return await listening(server);
}

const { choose } = portChooser();

async function linkTo(way: Pick<Link, "from" | "to" | "what">, target: number | null): Promise<Link> {
  return { ...way, port: await choose(), target };
}

async function relayOf(links: readonly Link[], cutAtFirst: readonly string[] = []): Promise<Relay> {
  const relay = await startRelay(links, cutAtFirst);
  opened.push(async () => await relay.close());
  return relay;
}

type Line = { readonly socket: Socket; readonly said: () => string; readonly next: () => Promise<string> };

async function lineTo(port: number): Promise<Line> {
  const socket = connect({ host: "127.0.0.1", port });
  opened.push(() => {
    socket.destroy();
  });
  let heard = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    heard += chunk.toString();
  });
  await once(socket, "connect");
  return {
    socket,
    said: () => heard,
    next: async () => {
      await once(socket, "data");
      return heard;
    },
  };
}

async function says(line: Line, word: string): Promise<string> {
  const heard = line.next();
  line.socket.write(word);
  return await heard;
}

const awsToAzure = { from: "aws", to: "azure", what: "database" } as const;
const gcpToAzure = { from: "gcp", to: "azure", what: "database" } as const;

test("a cut silences the links of that cloud alone, closes nothing, and lets nobody new be heard", async () => {
  const target = await echo();
  const links = [await linkTo(awsToAzure, target), await linkTo(gcpToAzure, target)];
  const [cut, other] = links;
  if (cut === undefined || other === undefined) throw new Error("two links");
  const relay = await relayOf(links);
  const [before, beside] = [await lineTo(cut.port), await lineTo(other.port)];
  expect(await says(before, "one")).toBe("one");
  expect(await says(beside, "one")).toBe("one");
  relay.hold(["aws"]);
  const anew = await lineTo(cut.port);
  before.socket.write("two");
  anew.socket.write("two");
  // What went the same way before this answer came has had its time.
  for (const word of ["-", "-", "-"]) await says(beside, word);
  expect([before.said(), anew.said()]).toEqual(["one", ""]);
  expect([before.socket.closed, anew.socket.closed]).toEqual([false, false]);
});

test("healed, old connections end and new ones pass", async () => {
  const link = await linkTo(awsToAzure, await echo());
  const relay = await relayOf([link], ["azure"]);
  const silent = await lineTo(link.port);
  silent.socket.write("lost");
  const ended = new Promise((resolve) => silent.socket.once("close", resolve));
  relay.hold([]);
  await ended;
  expect(silent.said()).toBe("");
  expect(await says(await lineTo(link.port), "again")).toBe("again");
});

test("who ends its side of a passage ends the other's as well", async () => {
  const link = await linkTo(awsToAzure, await echo());
  await relayOf([link]);
  const line = await lineTo(link.port);
  const ended = once(line.socket, "end");
  line.socket.end("last words");
  await ended;
  expect(line.said()).toBe("last words");
});

async function ask(port: number, link: Link): Promise<string> {
  const dispatcher = new Agent({ connect: connectThrough(link.port, 400) });
  opened.push(async () => await dispatcher.destroy());
  const answer = await request(`http://127.0.0.1:${port}/`, { dispatcher });
  return await answer.body.text();
}

test("pods are reached by CONNECT; one that is not there refuses, and one that is cut off says nothing", async () => {
  const link = await linkTo({ from: null, to: "aws", what: "pods" }, null);
  const relay = await relayOf([link]);
  const [there, gone] = [await web(), await choose()];
  expect(await ask(there, link)).toBe("served");
  await expect(ask(gone, link)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  relay.hold(["aws"]);
  await expect(ask(there, link)).rejects.toMatchObject({ code: "UND_ERR_CONNECT_TIMEOUT" });
  relay.hold([]);
  expect(await ask(there, link)).toBe("served");
});

test("what is no CONNECT to this machine is turned away", async () => {
  const link = await linkTo({ from: null, to: "aws", what: "pods" }, null);
  await relayOf([link]);
  for (const word of ["GET / HTTP/1.1\r\n\r\n", "CONNECT 10.0.0.1:80 HTTP/1.1\r\n\r\n", "x".repeat(2_000)])
    expect(await says(await lineTo(link.port), word)).toMatch(/^HTTP\/1\.1 400 /);
});

test("a relay that lets one link of a cloud through is seen, and which one", async () => {
  const [database, agent] = [await echo(), await web()];
  const links = [
    await linkTo(awsToAzure, database),
    await linkTo({ from: null, to: "aws", what: "agent" }, agent),
    await linkTo({ from: null, to: "aws", what: "pods" }, null),
  ];
  const cut = ["aws"];
  const honest = await relayOf(links, cut);
  expect(await linksThatAnswer(links, { aws: agent }, 400)).toEqual([]);
  await honest.close();
  for (const leak of links) {
    // It takes this one for another cloud's.
    const mistaken = links.map((link) => (link === leak ? { ...link, from: "gcp", to: "azure" } : link));
    const relay = await relayOf(mistaken, cut);
    expect(await linksThatAnswer(links, { aws: agent }, 400)).toEqual([leak]);
    await relay.close();
  }
});
