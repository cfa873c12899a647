import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const common = {
  pool: "forks",
  retry: 0,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  allowOnly: false,
} as const;

const ignored = [...configDefaults.exclude, "**/fixtures/**"];

/** Rooms whose code keeps nothing outside of what it is given. */
const rooms = ["domain", "cli", "engine", "loops", "ports", "rehearsal", "runbooks", "simulation"];

/** Of these rooms' tests, those that start no process themselves. */
const inMemory = globSync(`src/{${rooms.join(",")}}/**/*.test.ts`, { cwd: import.meta.dirname }).filter(
  (file) => !readFileSync(join(import.meta.dirname, file), "utf8").includes('from "node:child_process"'),
);

/** They bring worlds up whole and break them, for minutes each: `npm run verify:whole` has them, `npm run verify` does not. */
const worlds = [
  "test/end-to-end/**/*.test.ts",
  "src/drivers/local/world/{lifecycle,losses}.test.ts",
  "src/drivers/local/{faults/faults,switchover}.test.ts",
];

// Forks, not threads: many tests start processes, and a test that goes wrong must not take its neighbours along.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // One worker for many files: starting one for each took longer than the tests (111 s against 44 s, measured).
      { test: { ...common, name: "in-memory", include: inMemory, exclude: ignored, isolate: false } },
      {
        test: {
          ...common,
          name: "processes",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "tools/**/*.test.ts"],
          exclude: [...ignored, ...inMemory, ...worlds],
        },
      },
      { test: { ...common, name: "worlds", include: worlds, exclude: ignored } },
    ],
  },
});
