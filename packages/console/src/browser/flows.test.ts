import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, type OpenedPage, openPage, searchOf } from './open-page.ts';

describe.runIf(needs('chromium'))('the flows in a browser', () => {
  let browser: Browser;
  let fixture: Fixture;
  let opened: OpenedPage;
  const open = async (path: string, options = {}) => {
    opened = await openPage(browser, `${fixture.url}${path}`, options);
    await opened.page.getByRole('grid').locator('[data-row="0"]').waitFor();
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

  it('keep only what is in sight in the document, however far one scrolls', async () => {
    const page = await open('/flows?refresh=off&from=now-1h');
    const rows = page.locator('[data-row]');
    expect(await rows.count()).toBeLessThanOrEqual(60);
    for (let step = 0; step < 12; step++) {
      await page.locator('.weir-flow-scroll').evaluate((element) => {
        element.scrollTop += 3000;
      });
      await page.waitForTimeout(80);
      expect(await rows.count()).toBeLessThanOrEqual(60);
    }
    await expect.poll(async () => Number(await rows.last().getAttribute('data-row'))).toBeGreaterThan(600);
    const cursors = fixture.requests.filter((request) => request.includes('cursor='));
    expect(cursors.length).toBeGreaterThan(1);
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('-1');
  });

  it('come with the largest first by a press on the head of their column, and newest first by another', async () => {
    const page = await open('/flows?refresh=off&from=now-1h&columns=bytes,packets,time_received');
    const head = (name: string) => page.getByRole('columnheader', { name, exact: true });
    const shown = () =>
      page
        .locator('[data-row] td:first-child')
        .evaluateAll((cells) =>
          cells.slice(0, 20).map((cell) => Number((cell as HTMLElement).title.replace(/\D/g, ''))),
        );
    expect(await head('Time').getAttribute('aria-sort')).toBe('descending');
    await head('Bytes').getByRole('button').press('Enter');
    await page.getByRole('grid', { name: 'Flows, most bytes first' }).waitFor();
    expect(searchOf(page).get('order')).toBe('bytes');
    expect([await head('Bytes').getAttribute('aria-sort'), await head('Time').getAttribute('aria-sort')]).toEqual([
      'descending',
      'none',
    ]);
    await expect
      .poll(async () => {
        const sizes = await shown();
        return sizes.length === 20 && sizes[0] > 0 && sizes.every((size, at) => at === 0 || size <= sizes[at - 1]);
      })
      .toBe(true);
    expect(fixture.requests.at(-1)).toContain('order=bytes');
    // The focus stays on the head: a second press works without looking for it.
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Flows, newest first' }).waitFor();
    expect(searchOf(page).get('order')).toBeNull();
  });

  it('say how many rows there are once all are loaded', async () => {
    const page = await open('/flows?refresh=off&from=now-1h&filter=src_namespace+=+monitoring');
    const grid = page.getByRole('grid');
    await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(20);
    const first = page.locator('[data-row="0"]');
    expect(await first.getAttribute('aria-rowindex')).toBe('2');
    await expect(first.textContent()).resolves.toContain('monitoring/');
  });

  it('are moved through by keyboard: arrows, Enter opens the drawer, Escape closes it and gives the focus back', async () => {
    const page = await open('/flows?refresh=off');
    await page.locator('[data-row="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.row)).toBe('2');
    await page.keyboard.press('PageDown');
    const row = await expect
      .poll(() => page.evaluate(() => Number((document.activeElement as HTMLElement).dataset.row)))
      .toBeGreaterThan(8)
      .then(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.row));
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary', { name: 'Flow details' });
    await drawer.waitFor();
    expect(searchOf(page).get('row')).toMatch(/^\d+\.\d+$/);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Close the details');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.row)).toBe(row);
    expect(searchOf(page).get('row')).toBeNull();
  });

  it('tell everything of a flow in the drawer, filter by a value and copy it', async () => {
    const page = await open('/flows?refresh=off&filter=src_namespace+=+shop');
    await page.locator('[data-row="1"]').click();
    const drawer = page.getByRole('complementary', { name: 'Flow details' });
    await drawer.getByText('Source: pod', { exact: false }).or(drawer.getByText('src_pod')).first().waitFor();
    await drawer.getByText('IP protocol number').waitFor();
    await drawer.getByRole('button', { name: 'Copy as JSON' }).click();
    await drawer.getByText('Copied').waitFor();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as Record<string, unknown>;
    expect(copied.src_namespace).toBe('shop');
    await drawer.getByRole('button', { name: 'Filter by proto = tcp' }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = shop and proto = tcp');
  });

  it('explain what is doubtful about a flow', async () => {
    const page = await open('/flows?refresh=off&filter=quality+=+1');
    await page.locator('[data-row="0"]').click();
    await page.getByText('No sampling rate is known').waitFor();
  });

  it('open the same flow from a link', async () => {
    const page = await open('/flows?refresh=off');
    await page.locator('[data-row="3"]').click();
    const drawer = page.getByRole('complementary', { name: 'Flow details' });
    await drawer.waitFor();
    const told = await drawer.locator('.weir-summary-ends').textContent();
    await page.goto(page.url().replace('refresh=off', 'refresh=off&filter=src_namespace+=+nowhere'));
    await drawer.waitFor();
    expect(await drawer.locator('.weir-summary-ends').textContent()).toBe(told);
  });

  it('have the columns one picks, in the order one gives them', async () => {
    const page = await open('/flows?refresh=off');
    await page.getByRole('button', { name: 'Columns' }).click();
    const picker = page.getByRole('dialog', { name: 'Columns' });
    await picker.getByRole('textbox', { name: 'Find a field' }).fill('autonomous');
    await picker.getByRole('checkbox', { name: 'src_as' }).check();
    await picker.getByRole('button', { name: 'Remove Flags' }).click();
    await picker.getByRole('button', { name: 'Move Src as left' }).click();
    await picker.getByRole('button', { name: 'Show these' }).click();
    const heads = page.getByRole('grid').getByRole('columnheader');
    await expect.poll(() => heads.allTextContents()).toContain('Src as');
    const names = await heads.allTextContents();
    expect(names).not.toContain('Flags');
    expect(names.indexOf('Src as')).toBe(names.indexOf('Exporter') - 1);
    expect(searchOf(page).get('columns')).toContain('src_as,exporter');
    await page.reload();
    await expect.poll(() => heads.allTextContents()).toEqual(names);
  });

  it('come live, can be paused, and say what was skipped', async () => {
    const page = await open('/flows?refresh=off');
    await page.getByRole('switch', { name: 'Live tail' }).check({ force: true });
    expect(searchOf(page).get('live')).toBe('on');
    await page.getByRole('grid', { name: 'Flows as they arrive' }).locator('[data-row="12"]').waitFor();
    await page.getByText(/\d+ skipped/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused').waitFor();
    await page.getByText(/\d+ waiting/).waitFor();
    const first = await page.locator('[data-row="0"]').textContent();
    await page.waitForTimeout(900);
    expect(await page.locator('[data-row="0"]').textContent()).toBe(first);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => page.locator('[data-row="0"]').textContent()).not.toBe(first);
    // Reading a flow pauses the tail: what one reads does not run away.
    await page.locator('[data-row="2"]').click();
    await page.getByText('Paused').waitFor();
    await page.locator('[data-row="2"]').focus();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Flow details' }).waitFor({ state: 'detached' });
    expect(await page.locator('[data-row]').count()).toBeLessThanOrEqual(60);
  });
});
