import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fixture, startFixture } from './fixture/server.ts';
import { closePage, launch, type OpenedPage, openPage, searchOf } from './open-page.ts';

describe.runIf(needs('chromium'))('the overview in a browser', () => {
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
  beforeEach(() => {
    fixture.mode = 'normal';
  });
  afterEach(async () => {
    expect(opened.errors).toEqual([]);
    await closePage(opened);
  });

  it('opens at the root with figures, chart, talkers and exporters', async () => {
    const page = await open('/');
    await page.waitForURL('**/overview');
    const chart = page.getByRole('img', { name: /^Traffic over time: .*Largest: shop/ });
    await chart.locator('canvas').waitFor();
    await page.getByRole('region', { name: 'Top talkers' }).getByRole('button', { name: 'shop' }).first().waitFor();
    await page.getByRole('region', { name: 'Exporters' }).getByText('silent').waitFor();
    await page.getByText('Demo data.').waitFor();
    expect(await page.getByText(/rows read · .* · from 1m sums/).count()).toBeGreaterThan(2);
  });

  it('splits by what is chosen and keeps it in the address', async () => {
    const page = await open('/overview');
    await page.getByRole('button', { name: 'Split by: Source namespace' }).click();
    await page.getByRole('textbox', { name: 'Search split by' }).fill('protocol');
    await page.getByRole('option', { name: 'Protocol', exact: true }).click();
    await page.getByRole('img', { name: /^Traffic over time: .*Largest: tcp/ }).waitFor();
    expect(searchOf(page).get('by')).toBe('proto');
    await page.getByRole('button', { name: 'Packets/s' }).click();
    await page.getByRole('img', { name: /packets\/s on average/ }).waitFor();
    expect(searchOf(page).get('metric')).toBe('packets');
    await page.goBack();
    await page.getByRole('img', { name: /bit\/s on average/ }).waitFor();
  });

  it('narrows the filter by a click on the legend, on a talker and on a bar', async () => {
    const page = await open('/overview?refresh=off');
    await page.getByRole('table', { name: 'Groups in the chart' }).getByRole('button', { name: 'data' }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = data');
    const talkers = page.getByRole('region', { name: 'Top talkers' });
    await talkers.getByRole('button', { name: 'shop', exact: true }).first().click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = data and dst_namespace = shop');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await talkers.getByRole('button', { name: /show only shop → data$/ }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = shop and dst_namespace = data');
    const bars = page.getByRole('img', { name: /^Protocols: tcp/ });
    await bars.locator('canvas').waitFor();
    await bars.click({ position: { x: 120, y: 16 } });
    await expect.poll(() => searchOf(page).get('filter')).toContain('and proto = tcp');
  });

  it('narrows to the band clicked in the chart', async () => {
    const page = await open('/overview?refresh=off&from=now-1h&by=proto');
    const chart = page.getByRole('img', { name: /^Traffic over time/ });
    await chart.locator('canvas').waitFor();
    const box = await chart.boundingBox();
    await chart.click({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) - 36 } });
    await expect.poll(() => searchOf(page).get('filter')).toBe('proto = tcp');
  });

  it('zooms into the stretch dragged in the chart', async () => {
    const page = await open('/overview?refresh=off&from=now-1h');
    const chart = page.getByRole('img', { name: /^Traffic over time/ });
    await chart.locator('canvas').waitFor();
    const box = await chart.boundingBox();
    if (box === null) throw new Error('the chart has no place');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => searchOf(page).get('from')).toMatch(/^\d{4}-\d\d-\d\dT/);
    const [from, to] = ['from', 'to'].map((name) => Date.parse(searchOf(page).get(name) ?? ''));
    expect(((to ?? 0) - (from ?? 0)) / 60_000).toBeGreaterThan(8);
    expect(((to ?? 0) - (from ?? 0)) / 60_000).toBeLessThan(20);
  });

  it('shows every chart as a table too', async () => {
    const page = await open('/overview');
    for (const title of ['Traffic', 'Protocols', 'Server ports']) {
      await page.getByRole('button', { name: `${title} as a table` }).click();
    }
    expect(searchOf(page).get('tables')).toBe('traffic,protocols,shares');
    const rows = page.getByRole('region', { name: 'Traffic as a table' }).getByRole('row');
    await expect.poll(() => rows.count()).toBeGreaterThan(50);
    await page.getByRole('region', { name: 'Protocols' }).getByRole('button', { name: 'tcp' }).click();
    await expect.poll(() => searchOf(page).get('filter')).toBe('proto = tcp');
  });

  it('says so when there is nothing, when the server is not ready and when it fails', async () => {
    fixture.mode = 'no flows';
    const page = await open('/overview');
    await page.getByText('No flows in this time range. Point an exporter at Weir').first().waitFor();
    fixture.mode = 'not ready';
    await page.reload();
    await page.getByText('The store is starting').waitFor();
    fixture.mode = 'down';
    await page.getByRole('button', { name: 'Refresh now' }).click();
    await page.getByText('The store does not answer').first().waitFor();
  });

  it('shows a refused filter with the place of the fault', async () => {
    const page = await open('/overview?filter=src_namespac+=+shop');
    await page.locator('mark', { hasText: 'src_namespac' }).first().waitFor();
    await page
      .getByText(/src_namespace/)
      .first()
      .waitFor();
  });
});
