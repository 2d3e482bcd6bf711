// Routes: one for each view. State lives in the search parameters, which the root route reads for all of them.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { NotFound, ViewFailed, ViewPending } from './components/RouteStates.tsx';
import { Shell } from './components/Shell.tsx';
import { parseSearchText, readSearch, type Search, searchText, writeSearch } from './state/search.ts';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (raw: Record<string, unknown>): Search => writeSearch(readSearch(raw)),
});

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/overview', search, replace: true });
  },
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  component: lazyRouteComponent(() => import('./views/overview/Overview.tsx'), 'Overview'),
});

const flows = createRoute({
  getParentRoute: () => root,
  path: '/flows',
  component: lazyRouteComponent(() => import('./views/flows/Flows.tsx'), 'Flows'),
});

const exporters = createRoute({
  getParentRoute: () => root,
  path: '/exporters',
  component: lazyRouteComponent(() => import('./views/exporters/Exporters.tsx'), 'Exporters'),
});

const exporter = createRoute({
  getParentRoute: () => root,
  path: '/exporters/$address',
  component: lazyRouteComponent(() => import('./views/exporters/ExporterDetail.tsx'), 'ExporterDetail'),
});

export const router = createRouter({
  routeTree: root.addChildren([index, overview, flows, exporters, exporter]),
  parseSearch: parseSearchText,
  stringifySearch: searchText,
  defaultPreload: 'intent',
  defaultPendingComponent: ViewPending,
  defaultErrorComponent: ViewFailed,
  defaultPendingMs: 150,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
