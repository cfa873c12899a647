/** A thread that never answers, as one does that is in an endless loop. */
import { parentPort } from "node:worker_threads";

parentPort?.on("message", () => undefined);
