import { mkdtempSync } from 'node:fs';
import { Load } from './load.ts';
import { freeTcpPort, freeUdpPort, Weir } from './weir.ts';

const folder = mkdtempSync('/tmp/weir-h-');
const [udp, http] = [await freeUdpPort(), await freeTcpPort()];
const weir = new Weir({ folder, udpPorts: [udp], httpPort: http });
const t = Date.now();
try {
  await weir.receives();
  console.log('receives', Date.now() - t);
  await weir.ready();
  console.log('ready', Date.now() - t);
  const load = new Load(udp);
  load.start();
  await new Promise((r) => setTimeout(r, 3000));
  await load.close();
  console.log('sent', load.last, Date.now() - t);
  await weir.settles();
  console.log('settled', Date.now() - t, weir.waitingFiles());
  console.log(weir.partPid('store'), weir.partPid('collect'));
  console.log(await weir.get('/api/v1/top?by=exporter_address&metrics=bytes,packets,flows&from=now-5m&to=now'));
  console.log((await weir.get('/api/v1/ledger')).body.slice(0, 600));
} finally {
  await weir.stop();
  console.log(weir.output.slice(-3000), weir.exitCode, Date.now() - t);
}
