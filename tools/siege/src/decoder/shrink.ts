// Smaller sessions in place of one that breaks something: fewer datagrams, then shorter ones, then plainer bytes.
import type { Datagram, Session } from './session.ts';

export function* shrinkSession(session: Session): Generator<Session> {
  const { datagrams } = session;
  for (let size = datagrams.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < datagrams.length; at += size) {
      yield { ...session, datagrams: [...datagrams.slice(0, at), ...datagrams.slice(at + size)] };
    }
  }
  if (session.disturbed) yield { ...session, disturbed: false };
  if (session.tight) yield { ...session, tight: false };
  for (let index = 0; index < datagrams.length; index++) {
    for (const smaller of shrinkDatagram(datagrams[index])) {
      yield { ...session, datagrams: datagrams.with(index, smaller) };
    }
  }
}

function* shrinkDatagram(datagram: Datagram): Generator<Datagram> {
  const { data } = datagram;
  if (datagram.peer !== 0) yield { ...datagram, peer: 0 };
  if (datagram.wait !== 1000) yield { ...datagram, wait: 1000 };
  for (let size = data.length >> 1; size >= 4; size >>= 1) {
    yield { ...datagram, data: data.slice(0, data.length - size) };
    for (let at = 0; at + size <= data.length; at += size) {
      const without = new Uint8Array(data.length - size);
      without.set(data.subarray(0, at));
      without.set(data.subarray(at + size), at);
      yield { ...datagram, data: without };
      const part = data.subarray(at, at + size);
      if (part.some((byte) => byte !== 0)) yield { ...datagram, data: data.slice().fill(0, at, at + size) };
    }
  }
}
