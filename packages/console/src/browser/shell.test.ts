import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, type OpenedPage, openPage, searchOf } from './open-page.ts';

describe.runIf(needs('chromium'))('the filter, the time range and the theme in a browser', () => {
  let browser: Browser;
  let fixture: Fixture;
  let opened: OpenedPage;
  const open = async (path: string, options = {}) => {
    opened = await openPage(browser, `${fixture.url}${path}`, options);
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

  it('applies a filter with Enter, and every question carries it', async () => {
    const page = await open('/overview?refresh=off');
    // Drawn once without the filter, so that its going away below says something.
    const other = page.getByRole('table', { name: 'Groups in the chart' }).getByText('ingress');
    await other.waitFor();
    await page.getByRole('textbox', { name: 'Filter' }).click();
    await page.keyboard.type('src_namespace = shop');
    await page.keyboard.press('Enter');
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = shop');
    await other.waitFor({ state: 'detached' });
    const asked = () => {
      const requests = fixture.requests.filter((request) => request.includes('filter=src_namespace+%3D+shop'));
      return new Set(requests.map((request) => /v1\/(\w+)/.exec(request)?.[1]));
    };
    await expect.poll(asked).toEqual(new Set(['series', 'top']));
  });

  it('goes back to what was applied with Escape', async () => {
    const page = await open('/overview?refresh=off&filter=proto+=+tcp');
    const box = page.getByRole('textbox', { name: 'Filter' });
    await box.click();
    await page.keyboard.press('End');
    await page.keyboard.type(' and bytes');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await box.textContent()).toBe('proto = tcp');
    expect(searchOf(page).get('filter')).toBe('proto = tcp');
  });

  it('completes fields, operators, names of codes and values that the store knows', async () => {
    const page = await open('/overview?refresh=off');
    const box = page.getByRole('textbox', { name: 'Filter' });
    const option = (name: RegExp | string) => page.getByRole('option', { name }).first();
    await box.click();
    await page.keyboard.type('dst_name');
    await option(/^dst_namespace/).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await box.textContent()).toMatch(/^dst_name(space)? $/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('pro');
    await option(/^proto/).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('= t');
    await option(/^tcp/).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type(' and src_namespace = pay');
    await option(/^payments/).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => searchOf(page).get('filter')).toBe('proto = tcp and src_namespace = payments');
  });

  it('underlines a fault, names the nearest field and does not apply it', async () => {
    const page = await open('/overview?refresh=off');
    await page.getByRole('textbox', { name: 'Filter' }).click();
    await page.keyboard.type('src_namespac = shop');
    await page.keyboard.press('Escape');
    await page.locator('.cm-lintRange-error').first().waitFor();
    await page.keyboard.press('Enter');
    await page
      .getByRole('alert')
      .getByText(/src_namespace/)
      .waitFor();
    expect(searchOf(page).get('filter')).toBeNull();
  });

  it('remembers filters: in the menu and with the arrow keys', async () => {
    const page = await open('/overview?refresh=off&filter=proto+=+udp');
    await page.getByRole('textbox', { name: 'Filter' }).click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('proto = tcp');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await expect.poll(() => searchOf(page).get('filter')).toBe('proto = tcp');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBeNull();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => page.getByRole('textbox', { name: 'Filter' }).textContent()).toBe('proto = tcp');
    await page.getByRole('button', { name: 'Recent filters' }).click();
    await page.getByRole('menuitem', { name: 'proto = tcp' }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('proto = tcp');
  });

  it('sets presets and absolute ends of the time range', async () => {
    const page = await open('/overview?refresh=off');
    await page.getByRole('button', { name: 'Time range: Last 15 minutes' }).click();
    await page.getByRole('button', { name: 'Last 6 hours' }).click();
    await expect.poll(() => searchOf(page).get('from')).toBe('now-6h');
    await page.getByRole('button', { name: 'Time range: Last 6 hours' }).click();
    await page.getByLabel('From', { exact: true }).fill('2026-11-20T10:00:00');
    await page.getByLabel('To', { exact: true }).fill('2026-11-20T09:00:00');
    await page.getByText('The start must be before the end.').waitFor();
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await page.getByLabel('To', { exact: true }).fill('2026-11-20T11:00:00');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => searchOf(page).get('from')).toBe('2026-11-20T10:00:00Z');
    expect(searchOf(page).get('to')).toBe('2026-11-20T11:00:00Z');
    await page.getByRole('button', { name: 'Time range: 2026-11-20 10:00:00 – 11:00:00' }).waitFor();
  });

  it('refreshes by itself as often as is chosen', async () => {
    const page = await open('/overview?refresh=off');
    await page.getByRole('img', { name: /^Traffic over time/ }).waitFor();
    const asked = () => fixture.requests.filter((request) => request.includes('/series')).length;
    const before = asked();
    await page.getByRole('button', { name: 'Refresh: Off' }).click();
    await page.getByRole('option', { name: 'Every 5s' }).click();
    await expect.poll(() => searchOf(page).get('refresh')).toBe('5s');
    await expect.poll(asked, { timeout: 15_000 }).toBeGreaterThan(before);
  });

  it('follows the system into the dark until a theme is chosen, and remembers the choice', async () => {
    const page = await open('/overview?refresh=off', { dark: true });
    const dark = () => page.evaluate(() => document.documentElement.classList.contains('pf-v6-theme-dark'));
    expect(await dark()).toBe(true);
    await page.getByRole('button', { name: 'Use the light theme' }).click();
    expect(await dark()).toBe(false);
    await page.reload();
    expect(await dark()).toBe(false);
  });

  it('keeps in high contrast what only a colour says: series, bars, the view one is in', async () => {
    const page = await open('/overview?refresh=off', { forcedColors: true });
    const legend = page.getByRole('table', { name: 'Groups in the chart' });
    await legend.locator('.weir-swatch').nth(1).waitFor();
    await page.locator('.weir-bar-fill').first().waitFor();
    const colours = (selector: string, property: 'backgroundColor' | 'borderBottomColor') =>
      page
        .locator(selector)
        .evaluateAll((elements, name) => elements.map((element) => getComputedStyle(element)[name]), property);
    const [canvas] = await colours('body', 'backgroundColor');
    const swatches = await colours('.weir-swatch', 'backgroundColor');
    expect(new Set(swatches).size).toBe(swatches.length);
    expect(swatches).not.toContain(canvas);
    expect(await colours('.weir-bar-fill', 'backgroundColor')).not.toContain(canvas);
    const [overview, flows, exporters] = await colours('.weir-views a', 'borderBottomColor');
    expect(flows).toBe(exporters);
    expect(overview).not.toBe(flows);
  });

  it('keeps filter and time range from view to view', async () => {
    const page = await open('/overview?refresh=off&from=now-6h&filter=proto+=+tcp');
    await page.getByRole('link', { name: 'Flows', exact: true }).click();
    await page.getByRole('grid').waitFor();
    expect(searchOf(page).get('filter')).toBe('proto = tcp');
    expect(searchOf(page).get('from')).toBe('now-6h');
  });
});
