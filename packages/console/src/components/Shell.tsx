// The page around the views: masthead with the views and the theme, the bar with filter, time range and refresh, banners.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
} from '@patternfly/react-core/dist/esm/components/Masthead';
import { Page } from '@patternfly/react-core/dist/esm/components/Page';
import { SkipToContent } from '@patternfly/react-core/dist/esm/components/SkipToContent';
import MoonIcon from '@patternfly/react-icons/dist/esm/icons/moon-icon';
import SunIcon from '@patternfly/react-icons/dist/esm/icons/sun-icon';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useStatus } from '../api/queries.ts';
import logo from '../assets/weir.svg';
import { chooseTheme, useTheme } from '../state/theme.ts';
import { useViewState } from '../state/use-view-state.ts';
import { Banners } from './Banners.tsx';
import { FilterBox } from './FilterBox.tsx';
import { RefreshControl } from './RefreshControl.tsx';
import { TimeRangePicker } from './TimeRangePicker.tsx';

const VIEWS = [
  { to: '/overview', label: 'Overview' },
  { to: '/flows', label: 'Flows' },
  { to: '/exporters', label: 'Exporters' },
] as const;

function Top() {
  const theme = useTheme();
  const { data: status } = useStatus();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <Masthead display={{ default: 'inline' }} className="weir-masthead">
      <MastheadMain>
        <MastheadBrand>
          <img src={logo} alt="" width="26" height="26" />
          <span className="weir-name">Weir</span>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <nav aria-label="Views" className="weir-views">
          {VIEWS.map(({ to, label }) => (
            <Link
              key={to}
              to={to}
              search={(before) => ({ ...before, row: undefined })}
              activeOptions={{ includeSearch: false }}
            >
              {label}
            </Link>
          ))}
        </nav>
        <span className="weir-version">{status === undefined ? '' : `v${status.version}`}</span>
        <Button
          variant="plain"
          aria-label={`Use the ${other} theme`}
          icon={theme === 'dark' ? <SunIcon /> : <MoonIcon />}
          onClick={() => chooseTheme(other)}
        />
      </MastheadContent>
    </Masthead>
  );
}

function Bar() {
  const { state, change } = useViewState();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const filtered = !path.startsWith('/exporters');
  return (
    <div className="weir-bar" role="toolbar" aria-label="What is shown">
      {filtered ? (
        <FilterBox value={state.filter} onApply={(filter) => change({ filter, row: '' })} />
      ) : (
        <div className="weir-filter weir-m-none">
          Exporters and losses are counted whole: the filter does not apply here.
        </div>
      )}
      <div className="weir-bar-end">
        <TimeRangePicker
          range={state}
          utc={state.utc}
          onRange={({ from, to }) => change({ from, to, row: '' })}
          onUtc={(utc) => change({ utc }, { replace: true })}
        />
        <RefreshControl refresh={state.refresh} onChange={(refresh) => change({ refresh }, { replace: true })} />
      </div>
    </div>
  );
}

export function Shell() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const view = VIEWS.find(({ to }) => path.startsWith(to))?.label;
  useEffect(() => {
    document.title = view === undefined ? 'Weir' : `${view} – Weir`;
  }, [view]);
  return (
    <Page
      className="weir-page"
      masthead={<Top />}
      mainContainerId="main"
      skipToContent={<SkipToContent href="#main">Skip to the content</SkipToContent>}
      isContentFilled
    >
      <Bar />
      <Banners />
      <Outlet />
    </Page>
  );
}
