// The caller's end of the control socket.
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { ServerError } from '../errors.ts';
import { withControlPath } from './control-path.ts';
import { type Line, type Progress, type WorkName, type Works, workPath } from './protocol.ts';

/** Errors of connect(2) that mean that nobody is there. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

/**
 * Asks the storing process that has the data directory for a piece of work. Undefined when none listens. Throws ServerError `start_failed`
 * with what it said.
 */
export async function askRunning<N extends WorkName>(
  data: string,
  name: N,
  onProgress: Progress = () => {},
  argument = '',
): Promise<Works[N] | undefined> {
  return await withControlPath(
    data,
    (socketPath) =>
      new Promise<Works[N] | undefined>((resolve, reject) => {
        // A connection of its own: the path that a kept one goes by may be another directory's by now.
        const options = { socketPath, path: workPath(name, argument), method: 'POST', agent: false };
        const asked = request(options, (response) => {
          let ended = false;
          const lines = createInterface({ input: response });
          lines.on('line', (text) => {
            const line = JSON.parse(text) as Line<N>;
            if ('progress' in line) onProgress(...line.progress);
            else {
              ended = true;
              if ('result' in line) resolve(line.result);
              else reject(new ServerError('start_failed', line.error.message));
            }
          });
          lines.on('close', () => {
            if (!ended)
              reject(new ServerError('start_failed', 'the storing process ended meanwhile; its log says why'));
          });
          response.on('error', () => {});
        });
        asked.on('error', (error: NodeJS.ErrnoException) => {
          if (NOBODY.has(error.code ?? '')) resolve(undefined);
          else reject(new ServerError('start_failed', `the running Weir cannot be asked: ${error.message}`));
        });
        asked.end();
      }),
  );
}
