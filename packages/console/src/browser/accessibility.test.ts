import { needs } from '@weir/conformance';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, openPage, seriousFindings } from './open-page.ts';

/** Views and what must be on the page before axe looks at it. */
const VIEWS: readonly (readonly [name: string, path: string, ready: (page: Page) => Promise<unknown>])[] = [
  [
    'the overview',
    '/overview?refresh=off',
    (page) =>
      page
        .getByRole('img', { name: /^Traffic/ })
        .locator('canvas')
        .waitFor(),
  ],
  [
    'the overview as tables',
    '/overview?refresh=off&tables=traffic,protocols,shares',
    (page) => page.getByRole('region', { name: 'Traffic as a table' }).waitFor(),
  ],
  ['the flows', '/flows?refresh=off', (page) => page.locator('[data-row="0"]').waitFor()],
  [
    'a flow',
    '/flows?refresh=off',
    async (page) => {
      await page.locator('[data-row="0"]').click();
      await page.getByRole('complementary', { name: 'Flow details' }).waitFor();
    },
  ],
  [
    'the column picker',
    '/flows?refresh=off',
    async (page) => {
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByRole('checkbox', { name: 'src_addr' }).waitFor();
    },
  ],
  ['the live tail', '/flows?refresh=off&live=on', (page) => page.locator('[data-row="5"]').waitFor()],
  ['the exporters', '/exporters?refresh=off', (page) => page.getByText('adds up').first().waitFor()],
  ['an exporter', '/exporters/192.168.10.12?refresh=off', (page) => page.getByText('Templates').first().waitFor()],
  [
    'the time range',
    '/overview?refresh=off',
    async (page) => {
      await page.getByRole('button', { name: /^Time range/ }).click();
      await page.getByRole('button', { name: 'Last 7 days' }).waitFor();
    },
  ],
  [
    'a refused filter',
    '/overview?refresh=off&filter=src_namespac+=+shop',
    (page) => page.locator('mark').first().waitFor(),
  ],
];

describe.runIf(needs('chromium'))('people with disabilities', () => {
  let browser: Browser;
  let fixture: Fixture;
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launch(), startFixture()]);
  });
  afterAll(async () => {
    await browser.close();
    await fixture.close();
  });

  for (const dark of [false, true]) {
    for (const [name, path, ready] of VIEWS) {
      it(`can use ${name} in the ${dark ? 'dark' : 'light'} theme`, async () => {
        const opened = await openPage(browser, `${fixture.url}${path}`, { dark });
        await ready(opened.page);
        expect(await seriousFindings(opened.page)).toEqual([]);
        await closePage(opened);
      });
    }
  }

  it('can use the page at the width of a phone: nothing is wider than the screen', async () => {
    for (const path of ['/overview', '/flows', '/exporters', '/exporters/192.168.10.12']) {
      const opened = await openPage(browser, `${fixture.url}${path}?refresh=off`, { width: 390, height: 844 });
      await opened.page.getByRole('region').first().waitFor();
      const wide = await opened.page.evaluate(() => {
        const main = document.querySelector('main');
        return (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0);
      });
      expect(wide, path).toBeLessThanOrEqual(0);
      await closePage(opened);
    }
  });

  it('reach everything in the bar and the views by Tab, and see where they are', async () => {
    const opened = await openPage(browser, `${fixture.url}/overview?refresh=off`);
    await opened.page
      .getByRole('img', { name: /^Traffic/ })
      .locator('canvas')
      .waitFor();
    const seen: string[] = [];
    for (let step = 0; step < 40; step++) {
      await opened.page.keyboard.press('Tab');
      const [name, visible] = await opened.page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const style = getComputedStyle(element);
        const ring = style.outlineStyle !== 'none' || element.closest('.weir-filter-box') !== null;
        return [element.getAttribute('aria-label') ?? element.textContent ?? '', ring] as const;
      });
      expect(visible, name).toBe(true);
      seen.push(name.trim());
    }
    for (const name of [
      'Skip to the content',
      'Overview',
      'Use the dark theme',
      'Filter',
      'Recent filters',
      'Refresh now',
      'Bits/s',
      'Traffic as a table',
      'shop',
    ]) {
      expect(seen).toContain(name);
    }
    await closePage(opened);
  });
});
