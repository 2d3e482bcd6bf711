// What the storing process tells of itself, once a second, in `<data>/run/store.json`. The gateway answers /readyz and /metrics from it,
// so that neither waits for the storing process, however busy that is with queries.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConsumerHealth, STORE } from '@weir/spool';
import { makeRunFolder, runFolder } from '../run-folder.ts';
import { writeConsumerStatus } from './consumer-status.ts';
import type { StoreFacts } from './readiness.ts';

export interface StoreStatus {
  readonly version: string;
  readonly pid: number;
  readonly started: number;
  /** When this was written, in milliseconds since 1970. */
  readonly time: number;
  readonly facts: StoreFacts;
  /** Queries in the store, and those that wait for their turn. */
  readonly queriesRunning: number;
  readonly queriesWaiting: number;
}

/** How often it is written, in milliseconds. */
const WRITE_MS = 1000;

/** Path of the status in a data directory. */
export const storeStatusPath = (data: string): string => join(runFolder(data), 'store.json');

/** Path of what the gateway tells in turn: it has no other way to the page. */
export const gatewayStatusPath = (data: string): string => join(runFolder(data), 'gateway.json');

/** Writes the status of the storing process now and every second until the function returned is called. */
export function keepStoreStatus(data: string, status: () => StoreStatus): () => void {
  const path = storeStatusPath(data);
  return eachSecond(() => {
    makeRunFolder(data);
    // In one step, so that no reader sees half of it.
    writeFileSync(`${path}.tmp`, JSON.stringify(status()));
    renameSync(`${path}.tmp`, path);
  });
}

/** The same for what it tells as a consumer of the spool. */
export function keepConsumerStatus(spoolDir: string, status: () => ConsumerHealth): () => void {
  return eachSecond(() => {
    const written = { type: STORE, time: Date.now(), pid: process.pid };
    writeConsumerStatus(spoolDir, STORE, { ...status(), ...written });
  });
}

/**
 * Writes now and every second until the function returned is called. A disk that is full or cannot be written costs one writing and
 * nothing else: readers then say that they have not heard.
 */
function eachSecond(write: () => void): () => void {
  const attempt = () => {
    try {
      write();
    } catch {
      // Tried again in a second.
    }
  };
  attempt();
  const timer = setInterval(attempt, WRITE_MS);
  return () => clearInterval(timer);
}

/** Sentences that the gateway wrote; none where it has not. */
export function readGatewayWarnings(data: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(gatewayStatusPath(data), 'utf8')) as readonly string[];
  } catch {
    return [];
  }
}
