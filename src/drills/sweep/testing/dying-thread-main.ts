/** A thread that dies at its second job, as one does that runs out of memory. */
import { parentPort } from "node:worker_threads";
import { z } from "zod";

let jobs = 0;
parentPort?.on("message", (message: unknown) => {
  jobs += 1;
  if (jobs > 1) process.exit(3);
  const { id } = z.looseObject({ id: z.int() }).parse(message);
  parentPort?.postMessage({ id, done: { kind: "nights" } });
});
