// The page over the real thing: `weir serve --demo`, its API, its store and its simulated exporters.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '@weir/conformance';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closePage, launch, type OpenedPage, openPage, searchOf, seriousFindings } from './open-page.ts';

const CLI = join(import.meta.dirname, '../../../cli/src/main.ts');

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Namespaces that flows of the last minutes come from: some, once flows with names are stored and can be read. */
async function namespaces(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/top?by=src_namespace&from=now-5m`).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as { rows: unknown[] }).rows.length : 0;
}

describe.runIf(needs('chromium'))('the page over weir serve --demo', () => {
  const data = mkdtempSync(join(tmpdir(), 'weir-console-'));
  let weir: ChildProcess;
  let output = '';
  let url = '';
  let browser: Browser;
  let opened: OpenedPage | undefined;
  const open = async (path: string) => {
    opened = await openPage(browser, `${url}${path}`);
    opened.page.setDefaultTimeout(15_000);
    return opened.page;
  };

  beforeAll(async () => {
    const http = await freeTcpPort();
    const udp = await freeUdpPort();
    url = `http://127.0.0.1:${http}`;
    const settings = [
      '--demo',
      '--data',
      data,
      '--http-port',
      `${http}`,
      '--listen-ports',
      `${udp}`,
      '--listen-lanes',
      '1',
    ];
    weir = spawn(process.execPath, [CLI, 'serve', ...settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [weir.stdout, weir.stderr]) stream?.on('data', (chunk) => (output += chunk));
    browser = await launch();
    while ((await namespaces(url)) < 4) {
      if (weir.exitCode !== null) throw new Error(`weir serve ended: ${output}`);
      await sleep(500);
    }
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    const ended = new Promise((resolve) => weir.once('exit', resolve));
    weir.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  });
  afterEach(async () => {
    if (opened === undefined) return;
    expect(opened.errors).toEqual([]);
    await closePage(opened);
  });

  it('shows traffic, talkers, protocols and exporters', async () => {
    const page = await open('/overview?from=now-5m&refresh=5s');
    await page.getByText('Demo data.').waitFor();
    await page
      .getByRole('img', { name: /^Traffic over time: [1-9].*Largest: / })
      .locator('canvas')
      .waitFor();
    await page.getByRole('img', { name: /^Protocols: .*tcp/ }).waitFor();
    await page
      .getByRole('region', { name: 'Top talkers' })
      .getByRole('button', { name: 'shop', exact: true })
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Exporters' }).getByText('reporting').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('answers every way of splitting, pairing and sharing that it offers', async () => {
    const page = await open('/overview?from=now-5m&refresh=off');
    const refused: string[] = [];
    page.on('response', (response) => {
      if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
    });
    const states = [
      'from=now-5m&by=src_namespace,src_workload&talkers=workload&share=service',
      'by=service_namespace,service_name&talkers=pod&share=flow_type',
      'by=exporter_name,exporter_address&talkers=node&share=dscp&metric=packets',
      'by=server_port&talkers=address&share=port&metric=flows',
      'by=flow_type&from=now-24h',
    ];
    for (const state of states) {
      await page.goto(`${url}/overview?refresh=off&${state}`);
      await page.getByRole('img', { name: /^Traffic over time: [1-9]/ }).waitFor();
      await page.getByRole('region', { name: 'Top talkers' }).getByRole('row').nth(2).waitFor();
    }
    expect(refused).toEqual([]);
  }, 40_000);

  it('narrows flows by a completed filter, and tells all of one', async () => {
    const page = await open('/flows?from=now-5m&refresh=off');
    await page.locator('[data-row="0"]').waitFor();
    await page.getByRole('textbox', { name: 'Filter' }).click();
    await page.keyboard.type('src_namespace = sho');
    await page.getByRole('option', { name: /^shop/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => searchOf(page).get('filter')).toBe('src_namespace = shop');
    await expect.poll(() => page.locator('[data-row="0"]').textContent()).toContain('shop/');
    await page.locator('[data-row="0"]').click();
    const drawer = page.getByRole('complementary', { name: 'Flow details' });
    await drawer.getByText('src_workload', { exact: true }).waitFor();
    await drawer.getByText('Made by demo traffic.').waitFor();
    const told = await drawer.locator('.weir-summary-ends').textContent();
    await page.reload();
    await expect.poll(() => drawer.locator('.weir-summary-ends').textContent()).toBe(told);
  });

  it('takes every condition that the drawer offers', async () => {
    const page = await open('/flows?from=now-5m&refresh=off');
    await page.locator('[data-row="0"]').click();
    const offered = page.getByRole('button', { name: /^Filter by .* = / });
    await offered.first().waitFor();
    for (const button of await offered.all()) {
      const filter = ((await button.getAttribute('aria-label')) ?? '').replace('Filter by ', '');
      const answer = await fetch(`${url}/api/v1/flows?from=now-5m&limit=1&filter=${encodeURIComponent(filter)}`);
      const body = (await answer.json()) as { flows?: unknown[]; detail?: string };
      expect(body.detail, filter).toBeUndefined();
      expect(body.flows, filter).toHaveLength(1);
    }
  }, 40_000);

  it('follows flows as they arrive', async () => {
    const page = await open('/flows?live=on');
    await page.getByRole('grid', { name: 'Flows as they arrive' }).locator('[data-row="10"]').waitFor();
    const first = await page.locator('[data-row="0"]').textContent();
    await expect.poll(() => page.locator('[data-row="0"]').textContent(), { timeout: 15_000 }).not.toBe(first);
  });

  it('shows an exporter by a link, with what it sends and its ledger', async () => {
    const page = await open('/exporters?from=now-5m');
    const ledger = page.getByRole('region', { name: 'Ledger of the time range' });
    await ledger.getByRole('rowheader', { name: /^Decoded/ }).waitFor();
    await page.getByRole('region', { name: 'Exporters' }).getByRole('link').first().click();
    await page.getByRole('region', { name: 'What it sends' }).getByText('reporting').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Show its flows' }).click();
    await page.locator('[data-row="0"]').waitFor();
    expect(searchOf(page).get('filter')).toMatch(/^exporter_address = /);
  }, 40_000);
});
