// Test runner settings: every test sits beside its source; slow ones with real exporters or a browser run in the same call.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tools/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    // For tests that hang: they wait for what they need, and two cores may be busy with others.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Browsers and real exporters now and then miss a beat on a busy machine: in CI a test that fails is asked once more, and says so.
    retry: process.env.CI === 'true' ? 1 : 0,
    reporters: ['default', './scripts/plain-reporter.ts'],
  },
});
