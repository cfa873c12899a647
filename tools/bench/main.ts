/**
 * `npm run bench`: prints one JSON document. Machines are noisy, so what is compared is measured in turns in one run
 * and given as ratios. A drill measures the rest: its report has the traffic's and the databases' numbers.
 */
import { measureHelp, measureWorld } from "./command-line.ts";
import { measureDurableStep } from "./durable-step.ts";
import { measureRunsAtOnce } from "./runs-at-once.ts";

const durableStep = await measureDurableStep();
const runsAtOnce = await measureRunsAtOnce();
const help = measureHelp();
const world = measureWorld();
const limits = [
  { name: "durable step p50 <= 10 ms", ok: durableStep.stepMs.p50 <= 10 && durableStep.actMs.p50 <= 10 },
  {
    name: "durable step p50 <= 2x a bare engine call",
    ok: durableStep.ratioP50.step <= 2 && durableStep.ratioP50.act <= 2,
  },
  { name: "step p50 with 100 runs at once <= 2x with one", ok: runsAtOnce.ratioP50 <= 2 },
  { name: "wildcam --help <= 2.5x bare node", ok: help.ratioP50 <= 2.5 },
  { name: "wildcam status <= 500 ms", ok: world.statusMs.p50 <= 500 },
  { name: "local world ready <= 30 s", ok: world.readyMs <= 30_000 },
];
const ok = limits.every((limit) => limit.ok);
process.stdout.write(`${JSON.stringify({ v: 1, ok, durableStep, runsAtOnce, help, world, limits })}\n`);
process.exitCode = ok ? 0 : 1;
