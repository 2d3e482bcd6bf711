// All routes that answer with JSON, in the order of the reference.
import type { Rates } from '../rates.ts';
import type { Route } from '../route.ts';
import { exporters } from './exporters.ts';
import { fields } from './fields.ts';
import { filter } from './filter.ts';
import { flows } from './flows.ts';
import { graph } from './graph.ts';
import { ledger } from './ledger.ts';
import { series } from './series.ts';
import { status } from './status.ts';
import { top } from './top.ts';
import { values } from './values.ts';

/** Routes, with the state that one server's routes share. */
export function allRoutes(): { readonly routes: readonly Route[]; readonly rates: Rates } {
  const { route, rates } = exporters();
  return { routes: [series, top, graph, flows, values, fields, filter, route, ledger, status], rates };
}
