// Floods of templates, names, texts, senders and of one heavy sender. A new exporter is always admitted, known ones keep their templates though
// they are silent, and each cap that is reached is told with who is responsible and what can be set.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spoolFolders } from '@weir/spool';
import type { Random } from '../random.ts';
import { type Assault, type Ground, wholeScenario } from './assault.ts';
import {
  dataMessage,
  manyTemplates,
  namingMessage,
  Senders,
  sourceAddress,
  templateMessage,
  textMessage,
} from './floods.ts';

/** Small, so that a flood of seconds reaches them. */
const LISTEN = { max_exporters: 1000, state_memory: '4MiB' } as const;
const MAX_STATUS_BYTES = 1_000_000;
/** Records of each of the exporters that have to be heard. */
const RECORDS = 10;
const KNOWN = ['127.0.1.1', '127.0.1.2', '127.0.1.3'] as const;
/** Minutes in which a known exporter was heard; one more than the rule, for its minutes are others. */
const KNOWN_MINUTES = 6;
/** Newcomers that are silent for ten seconds make room, in milliseconds. */
const ROOM_MS = 13_000;
/** How long a warning may take to be told, in seconds. */
const TOLD_SECONDS = 30;
/** How long a new exporter that goes on sending may have to wait for a place: newcomers that are silent make room after ten. */
const ADMITTED_SECONDS = 45;

/** Datagrams of a flood, and from how many addresses. */
interface Flood {
  readonly sources: number;
  readonly each: number;
  message(random: Random): Uint8Array;
  /** What a warning says of it, once it has filled what there is. */
  readonly warning?: RegExp;
  /** It fills the table of exporters: silent newcomers lose their place in it, which takes a while. */
  readonly fillsTable?: true;
}

const FLOODS: Readonly<Record<string, Flood>> = {
  'floods of templates': { sources: 20, each: 40, message: manyTemplates, warning: /listen\.state_memory/ },
  'floods of names in records': {
    sources: 1,
    each: 200,
    message: namingMessage,
    warning: /listen\.(?:mediators|state_memory)/,
  },
  'floods of texts': { sources: 3, each: 400, message: textMessage },
  'floods of new senders': { sources: 1500, each: 1, message: () => dataMessage(1), fillsTable: true },
  'floods of one heavy sender': { sources: 1, each: 15_000, message: () => HEAVY },
};
const HEAVY = dataMessage(1);

class Flooder {
  /** Addresses that were used: each flood and each newcomer has others. */
  #used = 0;
  /** A warning is of some minutes: it may name those of a flood before. */
  readonly #flooders = new Set<string>();
  /** In which minutes there was something readable of those that are to become known. */
  readonly #heard = new Map<string, Set<number>>();
  readonly #expected = new Map<string, number>();
  #senders: Senders | undefined;

  #next(): string {
    return sourceAddress(this.#used++);
  }

  async attack(ground: Ground): Promise<void> {
    const { fortress, random, did } = ground;
    if (this.#senders === undefined) {
      this.#senders = new Senders(fortress.port);
      for (const known of KNOWN) await this.#senders.send(known, [templateMessage()]);
    }
    const name = random.pick(Object.keys(FLOODS));
    const { sources, each, message, warning, fillsTable = false } = FLOODS[name];
    for (let source = 0; source < sources; source++) {
      const from = this.#next();
      this.#flooders.add(from);
      const datagrams = (function* () {
        for (let datagram = 0; datagram < each; datagram++) yield message(random);
      })();
      await this.#senders.send(from, datagrams);
    }
    did(name);
    if (fillsTable) await this.#afterFullTable(this.#senders);
    await this.#newcomer(ground, this.#senders);
    if (warning !== undefined) await this.#warned(ground, name, warning);
    const status = join(spoolFolders(fortress.weir.spool).status, 'local.json');
    const bytes = existsSync(status) ? statSync(status).size : 0;
    if (bytes > MAX_STATUS_BYTES) ground.found('status', `the status file has ${bytes} bytes after ${name}`);
  }

  /** Exporters that have not been heard in five different minutes are newcomers like those of the flood, and begin anew. */
  async #afterFullTable(senders: Senders): Promise<void> {
    await sleep(ROOM_MS);
    for (const known of KNOWN) {
      if ((this.#heard.get(known)?.size ?? 0) < KNOWN_MINUTES) await senders.send(known, [templateMessage()]);
    }
  }

  /** A new exporter, which has room in the table within seconds of a flood, and one that has been silent since the beginning. */
  async #newcomer({ fortress, found }: Ground, senders: Senders): Promise<void> {
    const newcomer = this.#next();
    const began = performance.now();
    for (let admitted = false; !admitted; await sleep(500)) {
      await senders.send(newcomer, [templateMessage()]);
      await sleep(1500);
      const { exporters } = await fortress.weir.ledger();
      admitted = exporters.some(({ address, counts }) => address === newcomer && (counts.templates_received ?? 0) > 0);
      if (!admitted && (performance.now() - began) / 1000 > ADMITTED_SECONDS) {
        found('newcomer', `${newcomer}, a new exporter, is not admitted within ${ADMITTED_SECONDS} s`);
        return;
      }
    }
    await senders.send(newcomer, [dataMessage(RECORDS)]);
    this.#expect(newcomer);
    const known = KNOWN[this.#used % KNOWN.length];
    await senders.send(known, [dataMessage(RECORDS)]);
    this.#expect(known);
    const minutes = this.#heard.get(known) ?? new Set();
    this.#heard.set(known, minutes.add(Math.floor(performance.now() / 60_000)));
  }

  #expect(address: string): void {
    this.#expected.set(address, (this.#expected.get(address) ?? 0) + RECORDS);
  }

  async #warned({ fortress, found }: Ground, name: string, warning: RegExp): Promise<void> {
    let said: readonly string[] = [];
    for (const began = performance.now(); (performance.now() - began) / 1000 < TOLD_SECONDS; await sleep(500)) {
      said = await fortress.warnings();
      // Nobody is named where nobody stands out.
      const names = (text: string) =>
        !text.includes('most by') || [...this.#flooders].some((one) => text.includes(one));
      if (said.some((text) => warning.test(text) && names(text))) return;
    }
    found('warning', `after ${name} no warning names ${warning.source} and a sender: ${said.join(' | ')}`);
  }

  /** Whether those that had to be heard were. */
  async after({ fortress, found }: Ground): Promise<void> {
    const { exporters } = await fortress.weir.ledger();
    for (const [address, flows] of this.#expected) {
      const counts = exporters.find((one) => one.address === address)?.counts ?? {};
      const { flows_received: received = 0, flows_stored: stored = 0, sets_no_template: unread = 0 } = counts;
      if (received === flows && stored === flows) continue;
      const known = (KNOWN as readonly string[]).includes(address);
      found(
        known ? 'known' : 'newcomer',
        `${known ? 'a known exporter' : 'a new exporter'}, ${address}, sent ${flows} flows: ${received} were received, ${stored} stored, ${unread} sets had no template`,
      );
    }
  }
}

function floodsAssault(): Assault {
  const flooder = new Flooder();
  return {
    name: 'floods',
    summary:
      'floods of templates, names, texts and senders, and of one heavy sender, among exporters that have to be heard',
    settings: { listen: LISTEN },
    rates: [10_000],
    phase: 5,
    allowed: { accounts: [] },
    attack: (ground) => flooder.attack(ground),
    after: (ground) => flooder.after(ground),
  };
}

export const floodsScenario = wholeScenario(floodsAssault);
