import { defineConfig } from "vitest/config";

// Forks, not threads: many tests start processes, and a test that goes wrong must not take its neighbours along.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "tools/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/fixtures/**"],
    pool: "forks",
    maxWorkers: 2,
    retry: 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: false,
  },
});
