import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Receivable, Verb } from '../../../src/api/schemas/receivables.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines, Page, Section } from '../ui/page.tsx';
import { ActionItem } from './receivable/actions.tsx';
import { ClosedPart, PartCard } from './receivable/part.tsx';
import styles from './receivable/receivable.module.css';
import { ClaimChip } from './receivable/state.tsx';

const VerbDialog = lazy(() => import('./receivable/verb-dialog.tsx'));

export type PartShown = Receivable['parts'][number];
export type ActionShown = Receivable['actions'][number];

/** The ledger of one claim: its parts with their buttons, and everything that was asked for. */
export default function ReceivablePage() {
  const { id = '' } = useParams();
  const t = useT();
  const { ago } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [open, setOpen] = useState<{ part: PartShown; verb: Verb }>();
  const { data, error, refetch } = useQuery({
    queryKey: ['receivable', id],
    queryFn: () => api.get<Receivable>(`/receivables/${id}`),
    refetchInterval: (query) => (query.state.data?.busy ? 2000 : false),
  });
  const again = () =>
    client.invalidateQueries({ predicate: (q) => ['receivable', 'receivables', 'deadlines'].includes(String(q.queryKey[0])) });
  const read = useMutation({
    mutationFn: () => api.post(`/receivables/${id}/read`),
    onSuccess: () => toast({ text: t('receivable.readDone'), tone: 'good' }),
    onError: (e) => toast({ error: e }),
    onSettled: again,
  });
  if (isLost(error, data))
    return (
      <Page title={t('nav.receivables')} help="receivables">
        <Failed error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!data)
    return (
      <Page title={t('nav.receivables')} help="receivables">
        <Lines count={10} height={18} />
      </Page>
    );
  const live = data.parts.filter((p) => ['on_hold', 'awaiting_buyer', 'pending', 'active'].includes(p.state));
  const closed = data.parts.filter((p) => !live.includes(p));
  return (
    <Page
      title={data.orderNumber || data.numbers[0] || t('nav.receivables')}
      help="receivables"
      wide
      about={
        <span className={styles.about}>
          <ClaimChip state={data.state} /> {data.buyerName}
          {data.buyerNumberMasked && <span className="dim">{data.buyerNumberMasked}</span>}
          <span className="dim">
            {data.connectionName}
            {data.readAt ? ` · ${t('receivable.readAt', { ago: ago(data.readAt) })}` : ''}
          </span>
        </span>
      }
      back={{ to: '/receivables', label: t('nav.receivables') }}
      actions={
        <>
          {data.orderId && (
            <Button component={Link} to={`/orders/${data.orderId}`} variant="default">
              {t('receivable.order')}
            </Button>
          )}
          {can('send') && (
            <Button
              variant="default"
              onClick={() => read.mutate()}
              loading={read.isPending}
              leftSection={<Icon name="refresh" size={16} />}
            >
              {t('receivable.read')}
            </Button>
          )}
        </>
      }
    >
      <Sums claim={data} />
      <Differences claim={data} />
      <div className={styles.grid}>
        <div className={styles.side}>
          {data.parts.length === 0 && (
            <Section>
              <span className="dim">{data.state === 'adding' ? t('receivable.adding') : t('receivable.noParts')}</span>
            </Section>
          )}
          {live.map((part) => (
            <PartCard key={part.seq} claim={data} part={part} onVerb={(verb) => setOpen({ part, verb })} />
          ))}
          {closed.map((part) => (
            <ClosedPart key={part.seq} claim={data} part={part} />
          ))}
        </div>
        <div className={styles.side}>
          <Section title={t('receivable.actions')}>
            {data.actions.length === 0 ? (
              <span className="dim">{t('receivable.noActions')}</span>
            ) : (
              <ol className={styles.actions}>
                {data.actions.map((action) => (
                  <ActionItem key={action.id} action={action} claim={data} onDone={again} />
                ))}
              </ol>
            )}
          </Section>
        </div>
      </div>
      <Suspense fallback={onItsWay}>
        {open && (
          <VerbDialog
            claim={data}
            part={open.part}
            verb={open.verb}
            onClose={() => setOpen(undefined)}
            onAsked={() => {
              setOpen(undefined);
              void again();
            }}
          />
        )}
      </Suspense>
    </Page>
  );
}

const sumKinds = ['pending', 'active', 'credited', 'lapsed'] as const;

/** What was ordered and where each krona of it is now: the bar and the figures always add up. */
function Sums({ claim }: { claim: Receivable }) {
  const t = useT();
  const { money } = useFormats();
  const { sums, currency } = claim;
  const whole = sumKinds.reduce((n, kind) => n + Math.max(0, Number(sums[kind])), 0);
  return (
    <section className={styles.sums} aria-label={t('receivable.sums')}>
      <div className={styles.bar} aria-hidden="true">
        {sumKinds.map(
          (kind) =>
            whole > 0 && Number(sums[kind]) > 0 && <span key={kind} data-kind={kind} style={{ flexGrow: Number(sums[kind]) / whole }} />,
        )}
      </div>
      <dl className={styles.figures}>
        <div>
          <dt>{t('receivable.ordered')}</dt>
          <dd>{money(sums.ordered, currency)}</dd>
        </div>
        {Number(sums.adjusted) !== 0 && (
          <div>
            <dt>{t('receivable.adjusted')}</dt>
            <dd>{money(sums.adjusted, currency)}</dd>
          </div>
        )}
        {sumKinds.map((kind) => (
          <div key={kind} data-kind={kind} data-zero={Number(sums[kind]) === 0}>
            <dt>
              <i aria-hidden="true" /> {t(`receivable.sum.${kind}`)}
            </dt>
            <dd>{money(sums[kind], currency)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Where the provider says something else than our ledger. */
function Differences({ claim }: { claim: Receivable }) {
  const t = useT();
  const { money } = useFormats();
  if (claim.mismatches.length === 0) return null;
  const value = (what: string, text: string) =>
    !text
      ? '–'
      : what === 'state' || what === 'missing' || what === 'unknown part'
        ? t(`claim.${text as 'pending'}`)
        : money(text, claim.currency);
  return (
    <section className={styles.notice} data-tone="wait" role="alert">
      <Icon name="alert" size={18} />
      <div>
        <strong>{t('receivable.differsTitle')}</strong>
        <ul>
          {claim.mismatches.map((m) => (
            <li key={`${m.number}${m.what}`}>
              {t(`receivable.differs.${m.what === 'unknown part' ? 'unknownPart' : (m.what as 'total')}`, {
                number: m.number,
                theirs: value(m.what, m.theirs),
                ours: value(m.what, m.ours),
              })}
            </li>
          ))}
        </ul>
        <p>{t('receivable.differsHelp')}</p>
      </div>
    </section>
  );
}
