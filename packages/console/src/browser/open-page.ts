// A browser for the tests: Debian's chromium, driven by playwright-core; and axe, which finds what people with disabilities
// could not use.
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
}

export interface PageOptions {
  readonly dark?: boolean;
  /** The system chooses the colours (high contrast). */
  readonly forcedColors?: boolean;
  readonly width?: number;
  readonly height?: number;
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors that the page threw or logged. */
  readonly errors: string[];
}

/** A page at an address, in a session of its own: nothing remembered, motion off, times in UTC. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark ? 'dark' : 'light',
    forcedColors: options.forcedColors ? 'active' : 'none',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refused question is logged by the browser itself; the page shows it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** Closes a page with its session. */
export async function closePage({ page }: OpenedPage): Promise<void> {
  await page.context().close();
}

/** Serious and critical findings of axe, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = await page.evaluate(async () => {
    const { axe: here } = window as unknown as { axe: typeof axe };
    return here.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
  });
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 160))
          .join(' | ')}`,
    );
}

/** Search parameters of the page's address. */
export function searchOf(page: Page): URLSearchParams {
  return new URL(page.url()).searchParams;
}
