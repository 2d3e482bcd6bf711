// The gateway as `weir serve` has it: its bounds from the settings and from what this process may open, its socket to the storing process.
import { availableParallelism } from 'node:os';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { chooseHttpSocket } from '../run-folder.ts';
import { Gateway } from './gateway.ts';
import { gatewayLimits, openFiles, openFilesLimit } from './limits.ts';

/**
 * Takes the HTTP port, and answers on it until closed.
 *
 * @param inherited descriptor of a listening socket that a service manager passed on, in place of http.host and http.port
 */
export function openGateway(
  config: Config,
  directories: Directories,
  log: Logger,
  inherited?: number,
): Promise<Gateway> {
  const { http, listen } = config;
  const { data, spool } = directories;
  // A socket on every port for every lane is the most that the rest of this process may have besides.
  const lanes = listen.lanes === 'auto' ? availableParallelism() : listen.lanes;
  const allowed = openFilesLimit();
  const limits = gatewayLimits(http, allowed, openFiles() + listen.ports.length * lanes);
  if (limits.connections < http.max_connections) {
    log.info(
      `http.max_connections: ${limits.connections} in place of ${http.max_connections}, as this process may open ${allowed} files (ulimit -n)`,
    );
  }
  const upstream = chooseHttpSocket(data);
  return Gateway.open({
    http,
    limits,
    dataDir: data,
    spoolDir: spool,
    upstream,
    log,
    ...(inherited === undefined ? {} : { inherited }),
  });
}
