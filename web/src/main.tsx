import { MantineProvider } from '@mantine/core';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { startTransition, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import './styles.css';
import './base.css';
import { ApiError } from './api.ts';
import { App, warm } from './app.tsx';
import { listenToKeys } from './keys.ts';
import { type Language, loadTexts, startLanguage, TextsContext, type Translate } from './texts.ts';
import { theme, variables } from './theme.ts';

/** A session that was ended elsewhere, or a membership: who is here is asked again, and the log-in page comes up where nobody is. */
const ended = (error: Error) => {
  if (error instanceof ApiError && (error.problem.status === 401 || error.problem.code === 'not-a-member'))
    void client.invalidateQueries({ queryKey: ['me'] });
};
const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: ended }),
  mutationCache: new MutationCache({ onError: ended }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500),
    },
  },
});

/** The language changes without a reload: the words arrive, then everything is drawn anew. */
function Root({ start }: { start: { language: Language; t: Translate } }) {
  const [texts, setTexts] = useState(start);
  const setLanguage = (language: Language) => {
    void loadTexts(language).then((t) => {
      localStorage.setItem('fakturist.language', language);
      document.documentElement.lang = language;
      startTransition(() => setTexts({ language, t }));
    });
  };
  return (
    <TextsContext.Provider value={{ ...texts, setLanguage }}>
      <QueryClientProvider client={client}>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={variables}
          defaultColorScheme="auto"
          colorSchemeManager={schemes}
          getStyleNonce={() => nonce ?? ''}
        >
          <BrowserRouter>
            <App />
          </BrowserRouter>
        </MantineProvider>
      </QueryClientProvider>
    </TextsContext.Provider>
  );
}

/** Kept under our own name, which start.js reads before the first paint. */
const schemes: NonNullable<Parameters<typeof MantineProvider>[0]['colorSchemeManager']> = {
  get: (standard) => (localStorage.getItem('fakturist.scheme') as 'light' | 'dark' | null) ?? standard,
  set: (scheme) => (scheme === 'auto' ? localStorage.removeItem('fakturist.scheme') : localStorage.setItem('fakturist.scheme', scheme)),
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => localStorage.removeItem('fakturist.scheme'),
};

/** Sheets of style that libraries add while the page runs are let in by the nonce it was sent with; one of them looks for it under this name. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name=style-nonce]')?.content;
Object.assign(globalThis, { __webpack_nonce__: nonce });

listenToKeys();
warm(client, location.pathname);
const language = startLanguage();
const t = await loadTexts(language);
createRoot(document.getElementById('root')!).render(<Root start={{ language, t }} />);
