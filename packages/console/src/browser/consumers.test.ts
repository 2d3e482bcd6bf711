import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, type OpenedPage, openPage } from './open-page.ts';

describe.runIf(needs('chromium'))('who takes flows from the spool, in a browser', () => {
  let browser: Browser;
  let fixture: Fixture;
  let opened: OpenedPage;
  const open = async (path: string) => {
    opened = await openPage(browser, `${fixture.url}${path}`);
    return opened.page;
  };
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launch(), startFixture()]);
  });
  afterAll(async () => {
    await browser.close();
    await fixture.close();
  });
  afterEach(async () => {
    expect(opened.errors).toEqual([]);
    await closePage(opened);
  });

  it('is shown with what waits, how much of the cap that is, for how long, and what is wrong', async () => {
    const page = await open('/exporters?refresh=off');
    const table = page.getByRole('table', { name: 'Consumers of the spool' });
    const cells = async (name: RegExp) =>
      await table.getByRole('row', { name }).first().locator('th, td').allTextContents();
    await table.getByText('archive').first().waitFor();
    expect(await cells(/^store/)).toEqual([
      'store ',
      'idle',
      '3 files, 1.72 MiB',
      '< 0.1 % of 3.73 GiB',
      '2 s',
      '2.40 M',
      '0',
      '0',
    ]);
    expect(await cells(/^archive/)).toEqual([
      'archive files',
      'retrying',
      '75 files, 3.63 GiB',
      '98 % of 3.73 GiB',
      '1 h 15 min',
      '2.40 M',
      '460',
      '12.0 k',
    ]);
    expect(await cells(/^siem/)).toEqual(['siem files', 'idle', 'nothing', '0 % of 3.73 GiB', '–', '2.40 M', '0', '0']);
    await table.getByText(/^the sink "archive" does not take flows: ENOSPC.*the oldest for 75 min\)\.$/).waitFor();
    await table.getByText(/raise its spool_max_size\.$/).waitFor();
  });

  it('is a warning on every view while something is wrong, and only then', async () => {
    const page = await open('/overview?refresh=off');
    const banner = page.getByText('Weir works, but needs attention');
    await banner.waitFor();
    await page.getByText(/^the sink "archive" does not take flows/).waitFor();
    await page.getByRole('link', { name: '1 more on the Exporters page' }).click();
    const panel = page.getByRole('region', { name: 'Collectors and store' });
    await panel.getByText(/^part 1_1_1_0 of flows is damaged/).waitFor();
    // What stands beside its consumer is not said again.
    expect(await panel.getByText(/^the sink/).count()).toBe(0);
    fixture.mode = 'not ready';
    await page.reload();
    await page.getByText('Weir is not ready').waitFor();
    expect(await banner.count()).toBe(0);
    fixture.mode = 'normal';
  });

  it('stands beside who floods, by address, and how many exporters are not in the list', async () => {
    const page = await open('/exporters?refresh=off');
    await page.getByText(/^fixture: 192\.0\.2\.9 floods: 93 % .* listen\.allow$/).waitFor();
    await page.getByText('1,200 more are known that were heard longer ago.').waitFor();
  });
});
