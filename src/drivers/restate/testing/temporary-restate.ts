/** A real Restate server with a worker of ours, in a folder of its own, ended by id. For tests and measurements. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Endpoint, serveEndpoint } from "../endpoint.ts";
import { engineBinary, engineToml, identityPublicKey, newIdentityKey } from "../engine-process.ts";
import { registerWorker } from "../ingress.ts";

export type TemporaryRestate = {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Ends the worker and starts another behind the same address, under its own version's path. */
  replace(services: Services, version: string): Promise<void>;
  /** Kills the engine, and starts it again on what it had kept. */
  die(): Promise<void>;
  stop(): Promise<void>;
};

type Services = Parameters<typeof serveEndpoint>[0]["services"];

/** `version`: the path that the worker is registered under, as the product's own is by its code's version. */
export async function startTemporaryRestate(services: Services, version = "test"): Promise<TemporaryRestate> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-restate-"));
  const privatePem = newIdentityKey();
  const identityKeyFile = join(folder, "identity.pem");
  await writeFile(identityKeyFile, privatePem, { mode: 0o600 });
  const [node, ingress, admin] = [await freePort(), await freePort(), await freePort()];
  const ports = { node, ingress, admin };
  const host = "127.0.0.1";
  const configFile = join(folder, "restate.toml");
  await writeFile(
    configFile,
    engineToml({ nodeName: "test", clusterName: "test", baseDir: folder, host, ports, identityKeyFile }),
  );
  const begin = () => spawn(engineBinary(), ["--config-file", configFile], { stdio: "ignore", cwd: folder });
  let engine = begin();
  const serve = (served: Services, of: string, port: number) =>
    serveEndpoint({
      services: served,
      host,
      port,
      identityPublicKey: identityPublicKey(privatePem),
      path: `/${of}`,
    });
  let endpoint = await serve(services, version, 0);
  const stop = () => end(engine, endpoint, folder);
  const adminUrl = `http://${host}:${admin}`;
  try {
    await registered(adminUrl, `http://${host}:${endpoint.port}/${version}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const replace = async (by: Services, of: string) => {
    const { port } = endpoint;
    await endpoint.close();
    endpoint = await serve(by, of, port);
    await registered(adminUrl, `http://${host}:${port}/${of}`);
  };
  const die = async () => {
    await gone(engine);
    engine = begin();
    await registered(adminUrl, `http://${host}:${endpoint.port}/${version}`);
  };
  return { ingressUrl: `http://${host}:${ingress}`, adminUrl, replace, die, stop };
}

async function registered(adminUrl: string, workerUrl: string): Promise<void> {
  const untilMs = Date.now() + 30_000;
  for (;;) {
    try {
      return await registerWorker([adminUrl], workerUrl, AbortSignal.timeout(5_000));
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function end(engine: ChildProcess, endpoint: Endpoint, folder: string): Promise<void> {
  await gone(engine);
  await endpoint.close();
  await rm(folder, { recursive: true, force: true });
}

async function gone(engine: ChildProcess): Promise<void> {
  const exit =
    engine.exitCode === null && engine.signalCode === null
      ? new Promise((resolve) => engine.once("exit", resolve))
      : Promise.resolve();
  engine.kill("SIGKILL");
  await exit;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
