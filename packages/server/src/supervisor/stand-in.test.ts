import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { StandIn } from './stand-in.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const open: StandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((standIn) => standIn.close()));
});

describe('the stand-in on the HTTP port', () => {
  it('answers 503 with the reason, as a problem to programs and as a page to people', async () => {
    const port = await freePort();
    const standIn = new StandIn('127.0.0.1', port);
    open.push(standIn);
    await standIn.open();
    standIn.reason = 'store ended (SIGKILL) <again>';
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status: 503,
      ready: false,
      reasons: ['store ended (SIGKILL) <again>'],
    });
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('store ended (SIGKILL) &#60;again&#62;');
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });

  it('lets go of the port, and takes it again', async () => {
    const port = await freePort();
    const first = new StandIn('127.0.0.1', port);
    const second = new StandIn('127.0.0.1', port);
    open.push(first, second);
    await first.open();
    await expect(second.open()).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(`127.0.0.1:${port} is taken`),
    });
    await first.close();
    await second.open();
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });
});
