import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "core",
          include: ["test/unit/**/*.test.ts", "test/property/**/*.test.ts"],
          // A property's hundreds of runs take seconds on a core shared with virtual machines.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "native",
          include: ["test/native/**/*.test.ts"],
          // Each of these builds and runs programs, and 2 cores are all there may be.
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
