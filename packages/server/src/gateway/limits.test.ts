import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { DEFAULT_LIMITS } from '../http/index.ts';
import { gatewayLimits, openFiles, openFilesLimit } from './limits.ts';

const http = loadConfig({ env: {}, flags: {} }).http;

describe('the bounds of the gateway', () => {
  it('are the settings where the process may open enough files', () => {
    expect(gatewayLimits(http, 20_000, 40)).toEqual({
      connections: 4096,
      connectionsPerAddress: 2048,
      headBytes: 16_777_216,
      slots: 256,
      slotsPerAddress: 64,
      waitMs: 2_000,
      headerMs: 10_000,
      requestMs: 30_000,
      idleMs: 60_000,
    });
  });

  it('leave files to the rest of the process where they are few: connections, requests passed on and all else fit together', () => {
    for (const allowed of [320, 512, 1024, 4096]) {
      const { connections, connectionsPerAddress, slots } = gatewayLimits(http, allowed, 60);
      expect([allowed, connections + slots + 60 < allowed]).toEqual([allowed, true]);
      expect(connectionsPerAddress).toBeLessThanOrEqual(connections);
      expect(slots).toBeGreaterThan(10);
    }
    expect(gatewayLimits(http, 1024, 60).connections).toBeGreaterThan(500);
  });

  it('are of some use even where there are next to none', () => {
    expect(gatewayLimits(http, 64, 60)).toMatchObject({ connections: 24, slots: 8 });
  });

  it('let one address have no more with the storing process than waits and runs there without being refused', () => {
    const { slotsPerAddress } = gatewayLimits(http, 20_000, 40);
    expect(slotsPerAddress).toBeLessThanOrEqual(DEFAULT_LIMITS.concurrency + DEFAULT_LIMITS.queue);
  });

  it('come from what the system says', () => {
    expect(openFilesLimit()).toBeGreaterThan(100);
    expect(openFiles()).toBeGreaterThan(2);
  });
});
