// How the TypeScript tests run. Tests start real servers, so a file gets a process of its own and at
// most two run at once; what a file starts it stops, and what it forgets dies with its process.
import { defineConfig } from 'vitest/config';

const outside = ['**/node_modules/**', '**/build/**', '**/dist/**', '**/artefacts/**'];

export default defineConfig({
  test: {
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: outside,
    environment: 'node',
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // A repeated failure is a failure: nothing here is allowed to pass on its second try.
    retry: 0,
    coverage: {
      provider: 'v8',
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage/ts',
      reportOnFailure: true,
      include: [
        'contracts/src/**/*.ts',
        'signatures/src/**/*.ts',
        'native/lib/**/*.ts',
        'sensor/src/**/*.ts',
        'manager/src/**/*.ts',
        'cli/src/**/*.ts',
        'scripts/**/*.ts',
      ],
      exclude: ['**/*.test.ts', '**/testing/**', ...outside],
    },
  },
});
