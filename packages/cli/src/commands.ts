// The commands there are. A command's file is imported only when it runs.
import type { CommandModule } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'serve', summary: 'receive, store and show flows', load: () => import('./commands/serve.ts') },
  {
    name: 'reload',
    summary: 'make a running Weir read its configuration and its code again',
    load: () => import('./commands/reload.ts'),
  },
  { name: 'flows', summary: 'print stored flows, or flows as they come', load: () => import('./commands/flows.ts') },
  { name: 'top', summary: 'print which groups carry most', load: () => import('./commands/top.ts') },
  { name: 'config', summary: 'check the configuration, print its schema', load: () => import('./commands/config.ts') },
  { name: 'demo', summary: 'remove what the demo stored', load: () => import('./commands/demo.ts') },
  {
    name: 'decode',
    summary: 'print the flows in capture files, without a store',
    load: () => import('./commands/decode.ts'),
  },
  { name: 'send', summary: 'send the datagrams of a capture to a collector', load: () => import('./commands/send.ts') },
  { name: 'fields', summary: 'list the fields that a flow can have', load: () => import('./commands/fields.ts') },
];
