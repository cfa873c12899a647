import { createSocket, type Socket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { afterEach, expect, test } from "vitest";
import { ownLookup } from "./own-lookup.ts";

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

/** A name server; null: it never answers. The type of a question is in its last four bytes. */
async function nameServer(answer: ((type: number) => Buffer | null) | null): Promise<Resolver> {
  const socket = createSocket("udp4");
  open.push(socket);
  socket.on("message", (question, from) => {
    if (answer === null) return;
    const data = answer(question.readUInt16BE(question.length - 4));
    // An answer without error, with one question and one record or none, whose name is the question's.
    const head = Buffer.from([
      question[0] ?? 0,
      question[1] ?? 0,
      0x81,
      0x80,
      0,
      1,
      0,
      data ? 1 : 0,
      0,
      0,
      0,
      0,
    ]);
    const type = question.subarray(question.length - 4, question.length - 2);
    const record = data
      ? [Buffer.from([0xc0, 12]), type, Buffer.from([0, 1, 0, 0, 0, 60, 0, data.length]), data]
      : [];
    socket.send(Buffer.concat([head, question.subarray(12), ...record]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const resolver = new Resolver({ timeout: 100, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return resolver;
}

function lookUp(resolver: Resolver, name: string, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ownLookup(resolver)(name, { all }, (error, address, family) => {
      if (error === null) resolve(family === undefined ? address : { address, family });
      else reject(error);
    });
  });
}

const four = (type: number) => (type === 1 ? Buffer.from([127, 0, 0, 9]) : null);
const six = (type: number) => (type === 28 ? Buffer.from([...Array.from({ length: 15 }, () => 0), 1]) : null);

test("a name is found by its name servers, as one address or as all", async () => {
  const resolver = await nameServer(four);
  expect(await lookUp(resolver, "status.example", false)).toEqual({ address: "127.0.0.9", family: 4 });
  expect(await lookUp(resolver, "status.example", true)).toEqual([{ address: "127.0.0.9", family: 4 }]);
});

test("a name that has an address of the sixth version alone is found", async () => {
  expect(await lookUp(await nameServer(six), "status.example", false)).toEqual({ address: "::1", family: 6 });
});

test("name servers that are silent are an error after their bound, and one that knows no such name is one at once", async () => {
  await expect(lookUp(await nameServer(null), "status.example", true)).rejects.toThrow(
    /TIMEOUT|ECONNREFUSED/,
  );
  await expect(lookUp(await nameServer(() => null), "status.example", true)).rejects.toThrow("ENODATA");
});

test("this machine needs no name server", async () => {
  expect(await lookUp(await nameServer(null), "localhost", false)).toEqual({
    address: "127.0.0.1",
    family: 4,
  });
});
