import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { CauseCase, HoldGroups } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { AskingButton } from '../ui/asking-button.tsx';
import { placeOf } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import styles from './connections.module.css';

const mender: Record<string, Key> = {
  seller: 'mends.seller',
  buyer: 'mends.buyer',
  buyerData: 'mends.buyer',
  provider: 'mends.provider',
  authority: 'mends.authority',
  us: 'mends.us',
  nobody: 'mends.nobody',
  nobodyWait: 'mends.nobody',
};

/** One card for one cause, however many documents wait behind it. */
export default function Causes() {
  const { t, language } = useTexts();
  const { time, ago } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({ queryKey: ['causes'], queryFn: () => api.get<{ items: CauseCase[] }>('/causes') });
  const mended = useMutation({
    mutationFn: ({ id, mode }: { id: string; mode: 'one' | 'all' }) => api.post<{ resumed: number }>(`/causes/${id}/mended`, { mode }),
    onSuccess: (answer) => {
      toast({ text: t('causes.goesOn', { count: answer.resumed }), tone: 'good' });
      return client.invalidateQueries({ predicate: (q) => ['causes', 'home', 'connections', 'documents'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  const change = useMutation({
    mutationFn: (id: string) => api.post<{ resumed: number }>(`/causes/${id}/change`),
    onSuccess: (answer) => {
      toast({ text: t('causes.goesOn', { count: answer.resumed }), tone: 'good' });
      return client.invalidateQueries({ predicate: (q) => ['causes', 'home', 'connections', 'documents'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  const holds = useQuery({ queryKey: ['holds'], queryFn: () => api.get<HoldGroups>('/holds') });
  const open = data?.items.filter((c) => c.closedAt === null);
  return (
    <Page title={t('nav.causes')} help="causes" about={t('causes.about')}>
      {isLost(error ?? holds.error, data && holds.data) ? (
        <Failed
          error={error ?? holds.error}
          retry={() => {
            void refetch();
            void holds.refetch();
          }}
        />
      ) : !open || holds.isPending ? (
        <Lines />
      ) : open.length === 0 && !holds.data?.items.length ? (
        <Empty icon="complete" title={t('causes.emptyTitle')}>
          {t('causes.emptyText')}
        </Empty>
      ) : (
        open.map((cause) => {
          const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => cause.params[name] ?? whole);
          return (
            <article key={cause.id} className={styles.cause}>
              <Icon name="cause" size={24} />
              <div style={{ flex: 1, minWidth: 0 }}>
                <h2>{fill(cause.title[language])}</h2>
                <p className={styles.meta}>
                  {[
                    cause.connectionName,
                    cause.series ? t('causes.series', { name: cause.series.name }) : '',
                    t('causes.since', { time: time(cause.openedAt), ago: ago(cause.openedAt) }),
                    t('home.blocks', { count: cause.documents }),
                    mender[cause.whoMends] ? t(mender[cause.whoMends]!) : '',
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </p>
                <p>{fill(cause.text[language])}</p>
                <p className={styles.remedy}>{fill(cause.remedy[language])}</p>
                <div className={styles.buttons}>
                  {can('send') && cause.actions.some((a) => a !== 'answer') && (
                    <>
                      <Button
                        loading={mended.isPending && mended.variables.id === cause.id && mended.variables.mode === 'one'}
                        onClick={() => mended.mutate({ id: cause.id, mode: 'one' })}
                      >
                        {t('causes.tryOne')}
                      </Button>
                      <Button
                        variant="default"
                        loading={mended.isPending && mended.variables.id === cause.id && mended.variables.mode === 'all'}
                        onClick={() => mended.mutate({ id: cause.id, mode: 'all' })}
                      >
                        {t('causes.tryAll')}
                      </Button>
                    </>
                  )}
                  {can('connections') && cause.change && (
                    <AskingButton
                      size="sm"
                      variant="default"
                      loading={change.isPending && change.variables === cause.id}
                      question={cause.change.label[language]}
                      about={cause.change.about[language]}
                      onYes={() => change.mutate(cause.id)}
                    >
                      {cause.change.label[language]}
                    </AskingButton>
                  )}
                  {cause.first.slice(0, 5).map((d) => (
                    <Button key={d.documentId} variant="subtle" component={Link} to={`/documents/${d.documentId}`}>
                      {d.number ?? d.orderNumber ?? d.buyer}
                    </Button>
                  ))}
                  {cause.link && (
                    <Button
                      variant="subtle"
                      component="a"
                      href={cause.link}
                      target="_blank"
                      rel="noreferrer"
                      rightSection={<Icon name="link" size={14} />}
                    >
                      {t('causes.link')}
                    </Button>
                  )}
                  <Button variant="subtle" component={Link} to={`/explain/${encodeURIComponent(cause.code)}`}>
                    {t('findings.explain')}
                  </Button>
                  {cause.connectionId && (
                    <Button variant="subtle" component={Link} to={`/connections/${cause.connectionId}`}>
                      {t('causes.connection')}
                    </Button>
                  )}
                </div>
              </div>
            </article>
          );
        })
      )}
      {holds.data && <Held items={holds.data.items} />}
    </Page>
  );
}

/** What holds the queue: one thing to mend, and how many documents wait for it. */
function Held({ items }: HoldGroups) {
  const { t } = useTexts();
  const words = useFindingWords();
  if (items.length === 0) return null;
  return (
    <Section title={t('causes.held')} about={t('causes.heldAbout')}>
      <ul className={styles.holds}>
        {items.map(({ finding, documents, first }) => {
          const { text, remedy } = words(finding);
          const place = placeOf(finding);
          return (
            <li key={`${finding.code}${finding.params?.value ?? ''}`}>
              <div>
                <strong>{t('causes.sameCause', { count: documents })}</strong>
                <div>{text}</div>
                {remedy && <div className="dim">{remedy}</div>}
              </div>
              <div className={styles.buttons}>
                {place && (
                  <Button size="compact-md" component={Link} to={place.to}>
                    {t(place.word)}
                  </Button>
                )}
                <Button
                  size="compact-md"
                  variant="default"
                  component={Link}
                  to={
                    documents === 1
                      ? `/to-issue?open=${first}${finding.where ? `&field=${encodeURIComponent(finding.where)}` : ''}`
                      : `/to-issue?holdCode=${encodeURIComponent(finding.code)}`
                  }
                >
                  {t('causes.showHeld')}
                </Button>
                <Button
                  size="compact-md"
                  variant="subtle"
                  component={Link}
                  to={`/explain/${encodeURIComponent(finding.code)}`}
                  aria-label={`${t('findings.explain')}: ${text}`}
                >
                  {t('findings.explain')}
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
