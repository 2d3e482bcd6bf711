// Takes the pictures of the documents from a running `npm start -- --demo`: `npm run screenshot [URL]`.
import { join } from 'node:path';
import { closePage, launch, openPage } from './open-page.ts';

const IMAGES = join(import.meta.dirname, '../../../../docs/images');

/** Where each picture is taken. Five minutes: leave the demo running that long before. */
const PICTURES = [
  { file: 'overview.png', path: '/overview?from=now-5m' },
  { file: 'flows-dark.png', path: '/flows?from=now-5m', dark: true },
  { file: 'exporters.png', path: '/exporters?from=now-5m' },
] as const;

const url = process.argv[2] ?? 'http://127.0.0.1:8080';
const browser = await launch();
try {
  for (const { file, path, ...options } of PICTURES) {
    const opened = await openPage(browser, `${url}${path}`, { width: 1440, height: 1100, ...options });
    await opened.page.waitForLoadState('networkidle', { timeout: 30_000 });
    await opened.page.screenshot({ path: join(IMAGES, file) });
    await closePage(opened);
    process.stdout.write(`wrote docs/images/${file}\n`);
  }
} finally {
  await browser.close();
}
