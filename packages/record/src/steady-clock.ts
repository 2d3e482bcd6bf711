// Time of day that does not jump: read once when the process starts, and counted on from there. For what must rise, such as versions of
// rows, and for times whose differences matter; a clock that is set meanwhile changes nothing. After a restart it is the system's again.

const STARTED = Date.now() - performance.now();

/** Milliseconds since 1970, whole. */
export function steadyNow(): number {
  return Math.floor(STARTED + performance.now());
}
