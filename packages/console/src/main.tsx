// Where the page starts: styles, theme, the query cache, the router.
import '@patternfly/react-core/dist/styles/base.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/filter.css';
import './styles/tables.css';
import './styles/panels.css';
import './styles/overview.css';
import './styles/flows.css';
import './styles/exporters.css';
import './styles/forced-colors.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client.ts';
import { router } from './router.tsx';
import { startTheme } from './state/theme.ts';

startTheme();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A wrong question stays wrong; an unreachable or busy server may answer the next time.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      refetchOnWindowFocus: false,
      staleTime: 2000,
    },
  },
});

const container = document.getElementById('root');
if (container === null) throw new Error('index.html has no element with the id root');
createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
