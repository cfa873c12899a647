import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../../domain/secret.ts";
import type { ControlClient } from "../control-client.ts";
import { faultBeginning } from "./fault.ts";
import { PodFaults } from "./pod-faults.ts";

let pod: Server;
let url: string;
let deaf: number;
let faults: PodFaults;
/** What the pod was told, in order: how many percent are to fail. */
let heard: unknown[];

beforeEach(async () => {
  deaf = 0;
  heard = [];
  pod = createServer((request, response) => {
    if (deaf > 0) {
      deaf -= 1;
      return;
    }
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      heard.push(text.match(/"failedPercent":(\d+)/)?.[1]);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => pod.listen(0, "127.0.0.1", resolve));
  const address = pod.address();
  if (address === null || typeof address === "string") throw new Error("the pod has no port");
  url = `http://127.0.0.1:${address.port}`;
  const agent: ControlClient = {
    read: async (_path, answer) => answer.parse([{ url, pid: 1 }]),
    change: async () => await Promise.reject(new Error("nothing is to be changed")),
    close: async () => undefined,
  };
  faults = new PodFaults({ azure: agent }, new Secret("token"));
});

afterEach(async () => {
  await faults.close();
  await die();
});

async function die(): Promise<void> {
  pod.closeAllConnections();
  await new Promise((resolve) => pod.close(resolve));
}

const errors = {
  ...faultBeginning({ cloud: "azure", cluster: null }, { fault: "errors", percent: 100 }),
  processes: 0,
};

test("it has ended only once a pod that was too busy to hear it has heard it", async () => {
  await faults.begin(errors);
  deaf = 1;
  await faults.end("azure");
  expect(heard).toEqual(["100", "0"]);
});

test("a pod that is dead has nothing to be healed of", async () => {
  await faults.begin(errors);
  await die();
  await faults.end("azure");
  expect(heard).toEqual(["100"]);
});
