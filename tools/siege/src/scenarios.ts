// All scenarios, in the order in which `npm run siege` runs them.
import { fuzzScenario } from './fuzz/fuzz-scenario.ts';
import { httpScenario } from './http/http-scenario.ts';
import type { Scenario } from './scenario.ts';
import { clockScenario } from './whole/clock-scenario.ts';
import { damageScenario } from './whole/damage-scenario.ts';
import { faultsScenario } from './whole/faults-scenario.ts';
import { floodsScenario } from './whole/floods-scenario.ts';
import { killsScenario } from './whole/kills-scenario.ts';
import { powerScenario } from './whole/power-scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  fuzzScenario({
    name: 'decoder',
    summary: 'mutated sequences of NetFlow, IPFIX and sFlow datagrams, steered by code coverage',
    module: new URL('./decoder/target.ts', import.meta.url),
  }),
  fuzzScenario({
    name: 'capture-file',
    summary: 'mutated pcap and pcapng files, steered by code coverage',
    module: new URL('./capture-file/target.ts', import.meta.url),
  }),
  httpScenario,
  killsScenario,
  damageScenario,
  powerScenario,
  faultsScenario,
  floodsScenario,
  clockScenario,
];

export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name);
}
