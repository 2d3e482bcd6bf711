import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generateSession } from './generate.ts';
import { mutateSession } from './mutate.ts';
import {
  type Datagram,
  MAX_DATAGRAM_BYTES,
  MAX_DATAGRAMS,
  PEERS,
  type Session,
  sessionFromJSON,
  sessionToJSON,
} from './session.ts';
import { shrinkSession } from './shrink.ts';

/** Generations of one session, each made from the one before. */
function family(seed: number, generations: number): Session[] {
  const random = new Random(seed);
  const sessions = [generateSession(random)];
  for (let n = 0; n < generations; n++) sessions.push(mutateSession(sessions[n], generateSession(random), random));
  return sessions;
}

describe('a mutated session', () => {
  it('is the same for the same seed', () => {
    expect(family(3, 50).map(sessionToJSON)).toEqual(family(3, 50).map(sessionToJSON));
    expect(family(4, 50).map(sessionToJSON)).not.toEqual(family(3, 50).map(sessionToJSON));
  });

  it('stays within what exporters can send', () => {
    for (const { datagrams } of family(1, 400)) {
      expect(datagrams.length).toBeLessThanOrEqual(MAX_DATAGRAMS);
      for (const { data, peer } of datagrams) {
        expect(data.length).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
        expect(peer).toBeLessThan(PEERS.length);
      }
    }
  });

  it('leaves those that it is made of as they are', () => {
    const random = new Random(8);
    const [one, other] = [generateSession(random), generateSession(random)];
    const before = JSON.stringify([one, other].map(sessionToJSON));
    for (let n = 0; n < 300; n++) mutateSession(one, other, random);
    expect(JSON.stringify([one, other].map(sessionToJSON))).toBe(before);
  });

  it('comes back from a file', () => {
    const [session] = family(2, 0);
    expect(sessionFromJSON(JSON.parse(JSON.stringify(sessionToJSON(session))))).toEqual(session);
    expect(() => sessionFromJSON({ pieces: [] })).toThrow('the input has no list of datagrams');
  });
});

describe('a session that is made smaller', () => {
  it('loses datagrams, bytes or what is special about it', () => {
    const datagram = { peer: 3, wait: 5, data: Uint8Array.from({ length: 40 }, (_, at) => at + 1) };
    const session: Session = { tight: true, disturbed: true, datagrams: [datagram, datagram, datagram] };
    const special = ({ peer, wait }: Datagram) => Number(peer !== 0) + Number(wait !== 1000);
    const size = ({ datagrams, tight, disturbed }: Session) =>
      datagrams.reduce((sum, one) => sum + 200 + one.data.length + one.data.filter(Boolean).length + special(one), 0) +
      Number(tight) +
      Number(disturbed);
    const smaller = [...shrinkSession(session)];
    expect(smaller.map(({ datagrams }) => datagrams.length)).toEqual(expect.arrayContaining([2, 3]));
    for (const candidate of smaller) expect(size(candidate)).toBeLessThan(size(session));
  });
});
