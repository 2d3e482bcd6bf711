import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { gatewayLimits, openFiles, openFilesLimit } from './limits.ts';

const http = loadConfig({ env: {}, flags: {} }).http;

describe('the bounds of the gateway', () => {
  it('are the settings where the process may open enough files', () => {
    expect(gatewayLimits(http, 20_000, 40)).toEqual({
      connections: 4096,
      connectionsPerAddress: 2048,
      slots: 256,
      slotsPerAddress: 128,
      headerMs: 10_000,
      requestMs: 30_000,
      idleMs: 60_000,
    });
  });

  it('leave files to the rest of the process where they are few: connections, requests passed on and all else fit together', () => {
    for (const allowed of [256, 512, 1024, 4096]) {
      const { connections, connectionsPerAddress, slots } = gatewayLimits(http, allowed, 60);
      expect([allowed, connections + slots + 60 < allowed]).toEqual([allowed, true]);
      expect(connectionsPerAddress).toBeLessThanOrEqual(connections);
      expect(slots).toBeGreaterThan(10);
    }
    expect(gatewayLimits(http, 1024, 60).connections).toBeGreaterThan(600);
  });

  it('are of some use even where there are next to none', () => {
    expect(gatewayLimits(http, 64, 60)).toMatchObject({ connections: 24, slots: 8 });
  });

  it('come from what the system says', () => {
    expect(openFilesLimit()).toBeGreaterThan(100);
    expect(openFiles()).toBeGreaterThan(2);
  });
});
