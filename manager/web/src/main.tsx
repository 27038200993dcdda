// Starts the dashboard. The one file here that constructs things.
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client.ts';
import { worthRetrying } from './api/queries.ts';
import { App } from './app.tsx';
import './styles/index.css';

const queryCache = new QueryCache({
  // A session that ended shows the login, whichever query noticed it.
  onError: (error, query) => {
    const ended = error instanceof ApiError && error.code === 'NM_UNAUTHENTICATED';
    if (!ended || query.queryKey[0] === 'session') return;
    void client.invalidateQueries({ queryKey: ['session'] }, { cancelRefetch: false });
  },
});
const client = new QueryClient({
  queryCache,
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 5_000 } },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
