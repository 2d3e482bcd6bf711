// Sessions from the formats' grammar: every protocol, template, record kind and frame that Weir reads.
import { FIELD, FlowBatch, IPV4_MAPPED_WORD, setNumber } from '@weir/record';
import { encodeNetflow5, encodeSflow, V5_MAX_RECORDS } from '@weir/wire';
import type { Random } from '../random.ts';
import { generateSflow } from './generate-sflow.ts';
import { generateTemplateMessage } from './generate-templates.ts';
import { type Datagram, PEERS, type Session } from './session.ts';

/** 2025-11-20T00:53:20Z: when a session begins. */
export const START = 1_763_600_000_000;

export function generateSession(random: Random): Session {
  const home = random.below(PEERS.length);
  const datagrams: Datagram[] = Array.from({ length: random.between(1, 10) }, () => ({
    peer: random.chance(0.85) ? home : random.below(PEERS.length),
    wait: random.chance(0.9) ? 1000 : random.below(4_000_000),
    data: generateDatagram(random),
  }));
  return { tight: random.chance(0.2), disturbed: random.chance(0.2), datagrams };
}

function generateDatagram(random: Random): Uint8Array {
  switch (random.below(8)) {
    case 0: {
      const rows = random.between(1, V5_MAX_RECORDS);
      const header = { time: START, sysUptime: 1e7, sequence: random.below(2000), samplingInterval: random.below(300) };
      return encodeNetflow5(generateRows(random, rows), 0, rows, { ...header, engine: random.below(3) });
    }
    case 1: {
      const rows = random.between(1, 7);
      const agent = PEERS[random.below(PEERS.length)];
      const header = { agent, subAgent: random.below(2), sequence: random.below(100), uptime: 1000 };
      return encodeSflow(generateRows(random, rows), 0, rows, { ...header, expanded: random.chance(0.3) });
    }
    case 2:
    case 3:
      return generateSflow(random);
    default:
      return generateTemplateMessage(random, START);
  }
}

/** Rows of ordinary flows that ended shortly before `time`: what encoders take. */
export function generateRows(random: Random, rows: number, time = START): FlowBatch {
  const batch = new FlowBatch(rows);
  const { core } = batch;
  const tunnels = random.chance(0.2);
  for (let row = 0; row < rows; row++) {
    const four = random.chance(0.7);
    for (const column of [core.src_addr, core.dst_addr]) {
      for (let word = 0; word < 4; word++) column[row * 4 + word] = random.u32();
      if (four) column.set([0, 0, IPV4_MAPPED_WORD], row * 4);
    }
    core.src_port[row] = random.below(0x10000);
    core.dst_port[row] = random.below(0x10000);
    core.proto[row] = random.pick([6, 6, 17, 17, 132, 47]);
    core.tcp_flags[row] = core.proto[row] === 6 ? random.below(0x40) : 0;
    core.dscp[row] = random.below(64);
    core.in_if[row] = random.below(0x10000);
    core.out_if[row] = random.below(0x10000);
    core.src_as[row] = random.below(0x10000);
    core.dst_as[row] = random.below(0x10000);
    core.src_mask[row] = random.below(33);
    core.dst_mask[row] = random.below(33);
    core.sampling_rate[row] = 1;
    core.packets_sampled[row * 2] = 1 + random.below(1e6);
    core.bytes_sampled[row * 2] = 100 + random.below(1e6);
    setNumber(core.time_start, row, time - 5000 - random.below(60_000));
    setNumber(core.time_end, row, time - random.below(5000));
    if (tunnels) {
      batch.use(FIELD.tunnel_type)[row] = random.below(8);
      batch.use(FIELD.tunnel_id)[row * 2] = random.below(0x1000000);
      batch.use(FIELD.outer_src_addr).set([0, 0, IPV4_MAPPED_WORD, random.u32()], row * 4);
      batch.use(FIELD.outer_dst_addr).set([0, 0, IPV4_MAPPED_WORD, random.u32()], row * 4);
    }
  }
  batch.length = rows;
  return batch;
}
