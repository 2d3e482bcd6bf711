import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, type OpenedPage, openPage } from './open-page.ts';

describe.runIf(needs('chromium'))('an exporter in a browser', () => {
  let browser: Browser;
  let fixture: Fixture;
  let opened: OpenedPage;
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

  it('tells which elements of its templates are not stored, and how many records had them', async () => {
    opened = await openPage(browser, `${fixture.url}/exporters/192.168.10.12?refresh=off`);
    const { page } = opened;
    const summary = page.getByText('2 of 12 elements of this template are not stored');
    const names = page.getByText('ipTotalLength, sourcePodName', { exact: true });
    await summary.waitFor();
    expect(await names.isVisible()).toBe(false);
    await summary.click();
    await names.waitFor();
    const counts = page.getByRole('table', { name: 'Elements that are not stored' });
    expect(await counts.getByRole('row').allTextContents()).toEqual([
      'ElementRecords',
      'ipTotalLength12,345',
      'sourcePodName12,000',
    ]);
  });
});
