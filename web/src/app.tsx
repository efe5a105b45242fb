import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { Navigate, Route, Routes, useLocation, useNavigationType } from 'react-router';
import { permissionsOfRole } from '../../src/api/permissions.ts';
import type { Me, SetupState } from '../../src/api/schemas/index.ts';
import { ApiError, api, callsFor, currentOrganization } from './api.ts';
import { lazy, lazyFirst } from './lazy.ts';
import { Questions } from './questions.tsx';
import { chosenOrganization, rememberedOrganization, rememberOrganization, type Session, SessionProvider } from './session.tsx';
import styles from './shell.module.css';
import { Shell } from './shell.tsx';
import { useT } from './texts.ts';
import { Toasts } from './toasts.tsx';
import { isLost } from './ui/lost.ts';
import { Failed, Lines, Page } from './ui/page.tsx';

const logIn = () => import('./pages/login.tsx');
const home = () => import('./pages/home.tsx');
const toIssue = () => import('./pages/to-issue.tsx');
const documents = () => import('./pages/documents.tsx');
const LogIn = lazyFirst(logIn);
const Entrance = lazy(() => import('./pages/entrance.tsx'));
const Home = lazyFirst(home);
const ToIssue = lazyFirst(toIssue);
const Documents = lazy(documents);
const DocumentPage = lazy(() => import('./pages/document.tsx'));
const Correct = lazy(() => import('./pages/correct.tsx'));
const Orders = lazy(() => import('./pages/orders.tsx'));
const OrderPage = lazy(() => import('./pages/order.tsx'));
const Buyers = lazy(() => import('./pages/buyers.tsx'));
const PartyPage = lazy(() => import('./pages/party.tsx'));
const Receivables = lazy(() => import('./pages/receivables.tsx'));
const ReceivablePage = lazy(() => import('./pages/receivable.tsx'));
const Import = lazy(() => import('./pages/import.tsx'));
const ImportPage = lazy(() => import('./pages/import-run.tsx'));
const Mail = lazy(() => import('./pages/mail.tsx'));
const Connections = lazy(() => import('./pages/connections.tsx'));
const ConnectionPage = lazy(() => import('./pages/connection.tsx'));
const ConnectionMappings = lazy(() => import('./pages/connection-mappings.tsx'));
const Agents = lazy(() => import('./pages/agents.tsx'));
const Causes = lazy(() => import('./pages/causes.tsx'));
const Explain = lazy(() => import('./pages/explain.tsx'));
const Backfill = lazy(() => import('./pages/backfill.tsx'));
const Completeness = lazy(() => import('./pages/completeness.tsx'));
const MonthEnd = lazy(() => import('./pages/month-end.tsx'));
const Activity = lazy(() => import('./pages/activity.tsx'));
const Settings = lazy(() => import('./pages/settings.tsx'));
const Payments = lazy(() => import('./pages/payments.tsx'));
const Billing = lazy(() => import('./pages/billing.tsx'));
const Desk = lazy(() => import('./pages/desk.tsx'));
const NewOrganization = lazy(() => import('./pages/new-organization.tsx'));
const Buyer = lazy(() => import('./pages/buyer.tsx'));
const Demo = lazy(() => import('./pages/demo.tsx'));

/** Who is here, asked with the organization worked in last; one that has gone is forgotten. */
const meQuery = {
  queryKey: ['me'],
  queryFn: async (): Promise<Me | null> => {
    try {
      return await api.get<Me>('/me');
    } catch (error) {
      const status = error instanceof ApiError ? error.problem.status : 0;
      if (status === 401) return null;
      if (status !== 403 || !currentOrganization()) throw error;
      callsFor(undefined);
      return api.get<Me>('/me');
    }
  },
  staleTime: 60_000,
};

/** Begins to fetch what the first page needs while the words of the language are still on their way. */
export function warm(client: QueryClient, path: string): void {
  callsFor(rememberedOrganization());
  void client.prefetchQuery(meQuery);
  const page = { '/': home, '/to-issue': toIssue, '/documents': documents, '/login': logIn }[path];
  void page?.();
}

/** Who is here decides what is shown: the entrance for strangers, the shell for members. */
export function App() {
  const me = useQuery(meQuery);
  // A buyer has no account; one who has sees his document all the same.
  const buyerPage = useLocation().pathname.startsWith('/buyer/');
  if (isLost(me.error, me.data)) return <Failed error={me.error} retry={() => void me.refetch()} />;
  if (me.data === undefined) return <Waiting />;
  return (
    <Broken>
      <Suspense fallback={<Waiting />}>
        {buyerPage ? (
          <Routes>
            <Route path="/buyer/:token" element={<Buyer />} />
          </Routes>
        ) : me.data?.user ? (
          <Inside me={me.data as Session['me']} />
        ) : (
          <Outside />
        )}
        <Toasts />
        <Questions />
      </Suspense>
    </Broken>
  );
}

function Waiting() {
  return <div className={styles.waiting} aria-busy="true" />;
}

function Outside() {
  const { pathname, search } = useLocation();
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => api.get<SetupState>('/setup'), staleTime: 60_000 });
  if (isLost(setup.error, setup.data)) return <Failed error={setup.error} retry={() => void setup.refetch()} />;
  if (!setup.data) return <Waiting />;
  if (setup.data.needed) return <Entrance step="setup" />;
  return (
    <Routes>
      <Route path="/invitation/:token?" element={<Entrance step="invitation" />} />
      <Route path="/forgot" element={<Entrance step="forgot" />} />
      <Route path="/reset-password/:token?" element={<Entrance step="reset" />} />
      <Route path="/login" element={<LogIn setup={setup.data} />} />
      <Route
        path="*"
        element={<Navigate to={pathname === '/' ? '/login' : `/login?to=${encodeURIComponent(pathname + search)}`} replace />}
      />
    </Routes>
  );
}

function Inside({ me }: { me: Session['me'] }) {
  const client = useQueryClient();
  const [id, setId] = useState(() => chosenOrganization(me.organizations, document.documentElement.lang)?.id);
  const organization = me.organizations.find((o) => o.id === id) ?? me.organizations[0];
  callsFor(organization?.id);
  // What one may do is a matter of the role here: in another organization it is another one.
  const permissions = useMemo(() => organization && permissionsOfRole(organization.role), [organization]);
  useEffect(() => {
    if (organization) rememberOrganization(organization.id);
  }, [organization]);
  if (!organization) return <Entrance step="no-organization" />;
  const session: Session = {
    me,
    organization,
    choose: (next) => {
      setId(next);
      client.removeQueries({ predicate: (query) => !['me', 'setup', 'finding-texts', 'help'].includes(String(query.queryKey[0])) });
    },
    can: (permission) => permissions?.has(permission) === true,
  };
  return (
    <SessionProvider value={session}>
      <Shell key={organization.id}>
        <Broken>
          <Suspense fallback={<PageWaiting />}>
            <Pages />
          </Suspense>
        </Broken>
      </Shell>
    </SessionProvider>
  );
}

function Pages() {
  const { pathname } = useLocation();
  useScroll(pathname, useNavigationType() === 'POP');
  return (
    <Routes>
      <Route path="/" element={<Home />} />
      <Route path="/to-issue" element={<ToIssue />} />
      <Route path="/documents" element={<Documents />} />
      <Route path="/documents/:id" element={<DocumentPage />} />
      <Route path="/documents/:id/correct" element={<Correct />} />
      <Route path="/orders" element={<Orders />} />
      <Route path="/orders/:id" element={<OrderPage />} />
      <Route path="/receivables" element={<Receivables />} />
      <Route path="/receivables/:id" element={<ReceivablePage />} />
      <Route path="/buyers" element={<Buyers />} />
      <Route path="/buyers/:id" element={<PartyPage />} />
      <Route path="/import" element={<Import />} />
      <Route path="/import/:id" element={<ImportPage />} />
      <Route path="/mail" element={<Mail />} />
      <Route path="/connections" element={<Connections />} />
      <Route path="/connections/:id" element={<ConnectionPage />} />
      <Route path="/connections/:id/mappings" element={<ConnectionMappings />} />
      <Route path="/agents" element={<Agents />} />
      <Route path="/causes" element={<Causes />} />
      <Route path="/explain/:code?" element={<Explain />} />
      <Route path="/backfill" element={<Backfill />} />
      <Route path="/completeness" element={<Completeness />} />
      <Route path="/month-end" element={<MonthEnd />} />
      <Route path="/activity" element={<Activity />} />
      <Route path="/settings/:part?/:id?" element={<Settings />} />
      <Route path="/payments" element={<Payments />} />
      <Route path="/billing" element={<Billing />} />
      <Route path="/desk" element={<Desk />} />
      <Route path="/new-organization" element={<NewOrganization />} />
      <Route path="/demo" element={<Demo />} />
      <Route path="/login" element={<Back />} />
      <Route path="/invitation/:token?" element={<Entrance step="invitation" />} />
      <Route path="*" element={<Missing />} />
    </Routes>
  );
}

/** How far each place of the browser's history was scrolled, by its number there. */
const tops = new Map<number, number>();

/** Another page begins at its top; going back leads to where one was. */
function useScroll(pathname: string, isBack: boolean): void {
  useLayoutEffect(() => {
    const main = document.getElementById('main')!;
    // Asked for when it is needed: a filter of the page has a place of its own.
    const place = () => (history.state as { idx?: number } | null)?.idx ?? 0;
    if (!isBack) tops.delete(place());
    main.scrollTo(0, tops.get(place()) ?? 0);
    const keep = () => void tops.set(place(), main.scrollTop);
    main.addEventListener('scroll', keep, { passive: true });
    return () => main.removeEventListener('scroll', keep);
  }, [pathname]);
}

/** After logging in: to the page that was asked for, which must be one of ours. */
function Back() {
  const to = new URLSearchParams(useLocation().search).get('to');
  return <Navigate to={to && /^\/[^/\\]/.test(to) ? to : '/'} replace />;
}

function Missing() {
  const t = useT();
  return (
    <Page title={t('failed.nowhere')} help="getting-started">
      <Failed said={t('failed.nowhereText')} />
    </Page>
  );
}

function PageWaiting() {
  return (
    <div className={styles.pageWaiting} aria-busy="true">
      <Lines count={8} height={18} />
    </div>
  );
}

/** A fault of ours in one page leaves the rest standing. */
class Broken extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error ? (
      <BrokenNote error={this.state.error} retry={() => this.setState({ error: undefined })} />
    ) : (
      this.props.children
    );
  }
}

function BrokenNote({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useT();
  const { pathname } = useLocation();
  const [first] = useState(pathname);
  useEffect(() => {
    if (pathname !== first) retry();
  }, [pathname, first, retry]);
  return <Failed said={`${t('failed.broken')} (${error instanceof Error ? error.message : String(error)})`} retry={retry} />;
}
