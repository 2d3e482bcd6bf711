// Closes a test run with what did not run for want of a program, and the one line that scripts can read: `N passed, N failed`
// (and how many were skipped).
import type { Reporter, TestModule } from 'vitest/node';

export default class PlainReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Promise<void> {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const notRun = new Map<string, string[]>();
    for (const module of modules) {
      // A file that cannot be loaded has no tests of its own, but it has failed.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed' || result.state === 'failed' || result.state === 'skipped') count[result.state]++;
        if (result.state === 'skipped' && result.note !== undefined) {
          notRun.set(result.note, [...(notRun.get(result.note) ?? []), module.relativeModuleId]);
        }
      }
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    // After the other reporters have written theirs.
    process.on('exit', () => {
      for (const [reason, files] of notRun) process.stdout.write(`not run: ${reason}: ${files.join(', ')}\n`);
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
    });
  }
}
