import { Button, Radio, TextInput, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Receivable, Verb } from '../../../src/api/schemas/receivables.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy } from '../lazy.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, WayChip } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import styles from './receivable/receivable.module.css';
import { ClaimChip } from './receivable/state.tsx';

const VerbDialog = lazy(() => import('./receivable/verb-dialog.tsx'));

type PartShown = Receivable['parts'][number];
type ActionShown = Receivable['actions'][number];

const verbIcons: Partial<Record<Verb, IconName>> = {
  activate: 'play',
  cancel: 'close',
  replace: 'swap',
  send: 'send',
  extend: 'clock',
  credit: 'undo',
  adjust: 'percent',
  prolong: 'refresh',
};

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
  if (error)
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
      back={
        <Link to="/receivables" className={styles.back}>
          <Icon name="left" size={14} /> {t('nav.receivables')}
        </Link>
      }
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
      <Suspense>
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

function PartFacts({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money, day } = useFormats();
  const { currency } = claim;
  return (
    <Facts
      items={[
        [t('receivable.total'), money(part.sums.total, currency)],
        [t('receivable.left'), part.state === 'active' ? <strong key="l">{money(part.sums.remaining.gross, currency)}</strong> : undefined],
        [
          t('receivable.creditedSum'),
          Number(part.sums.credited) !== 0 && part.state !== 'replaced' ? money(part.sums.credited, currency) : undefined,
        ],
        [
          t('field.dueDate'),
          part.dueDate && (
            <span key="d" className={styles.chips}>
              {day(part.dueDate)}
              {part.extended && <Chip tone="info">{t('receivable.extended')}</Chip>}
            </span>
          ),
        ],
        [t('receivable.expires'), part.state === 'pending' ? day(part.expiresAt) : undefined],
        [
          t('receivable.reference'),
          part.reference && (
            <span key="r" className={styles.figure}>
              {part.reference}
            </span>
          ),
        ],
        [t('receivable.lowest'), part.lowest && money(part.lowest, currency)],
        [t('receivable.aliases'), part.aliases.join(', ')],
        [
          t('receivable.pdf'),
          part.pdfs.length > 0 ? (
            part.pdfs.map((file, i) => (
              <a
                key={file.fileId}
                href={fileAddress(`/receivables/${claim.id}/parts/${part.seq}/pdf`, { version: i + 1 })}
                target="_blank"
                rel="noreferrer"
              >
                {part.pdfs.length > 1 ? t('receivable.pdfVersion', { number: i + 1 }) : t('receivable.pdfOpen')}{' '}
              </a>
            ))
          ) : part.pdfPending ? (
            <span key="p" className="dim">
              {t('receivable.pdfPending')}
            </span>
          ) : undefined,
        ],
      ]}
    />
  );
}

function Rows({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money, number } = useFormats();
  const { currency } = claim;
  const rows = [
    ...part.rows.map((row) => ({ ...row, adjustment: false })),
    ...part.adjustments.map((a, i) => ({
      articleId: `${a.articleId}#${i}`,
      name: a.name,
      quantity: 1,
      credited: 0,
      unitPrice: a.amount,
      vat: a.vat,
      adjustment: true,
    })),
  ];
  const anyCredited = rows.some((row) => row.credited > 0);
  return (
    <>
      <div className={styles.partRows}>
        <Table
          label={t('field.lines')}
          rows={rows}
          id={(r) => `${r.articleId}${r.unitPrice}${r.vat}`}
          columns={[
            {
              title: t('field.what'),
              grow: true,
              cell: (r) => (
                <>
                  {r.name}{' '}
                  {r.adjustment ? <Chip tone="info">{t('receivable.adjustment')}</Chip> : <span className="dim">{r.articleId}</span>}
                </>
              ),
            },
            { title: t('field.quantity'), end: true, cell: (r) => (r.adjustment ? '' : number(r.quantity)) },
            ...(anyCredited
              ? [{ title: t('receivable.credited'), end: true, cell: (r: (typeof rows)[number]) => (r.credited ? number(r.credited) : '') }]
              : []),
            { title: t('field.priceGross'), end: true, cell: (r) => money(r.unitPrice, currency) },
            { title: t('field.rate'), end: true, cell: (r) => `${number(r.vat)} %` },
          ]}
        />
      </div>
      <p className={styles.split}>
        {part.sums.remaining.byRate
          .map((r) => t('receivable.vatSplit', { rate: number(r.vat), tax: money(r.tax, currency), net: money(r.net, currency) }))
          .join(' · ')}
      </p>
    </>
  );
}

function PartCard({ claim, part, onVerb }: { claim: Receivable; part: PartShown; onVerb: (verb: Verb) => void }) {
  const t = useT();
  const words = useFindingWords();
  const { can } = useSession();
  const first =
    part.state === 'active' ? (['send', 'credit', 'extend', 'adjust'] as Verb[]) : (['activate', 'replace', 'cancel', 'prolong'] as Verb[]);
  const buttons = first.flatMap((verb) => part.buttons.find((b) => b.verb === verb) ?? []);
  return (
    <Section title={t('receivable.part', { seq: part.seq, number: part.number || '–' })} actions={<ClaimChip state={part.state} />}>
      <PartFacts claim={claim} part={part} />
      <Rows claim={claim} part={part} />
      {can('send') && (
        <div className={styles.buttons} role="group" aria-label={t('receivable.what')}>
          {buttons.map(({ verb, enabled, reason }) => {
            const why = reason && words(reason);
            const button = (
              <Button
                key={verb}
                variant={verb === 'activate' ? 'filled' : 'default'}
                color={verb === 'cancel' ? 'red' : undefined}
                leftSection={verbIcons[verb] && <Icon name={verbIcons[verb]} size={15} />}
                data-disabled={!enabled || undefined}
                aria-disabled={!enabled}
                aria-describedby={why ? `why-${part.seq}-${verb}` : undefined}
                onClick={() => enabled && onVerb(verb)}
              >
                {t(`verb.${verb}`)}
              </Button>
            );
            return why ? (
              <Tooltip key={verb} label={`${why.text} ${why.remedy ?? ''}`} multiline w={300}>
                <span>
                  {button}
                  <span id={`why-${part.seq}-${verb}`} className="hidden">
                    {why.text} {why.remedy}
                  </span>
                </span>
              </Tooltip>
            ) : (
              button
            );
          })}
        </div>
      )}
      {part.state === 'on_hold' && <p className="dim">{t('receivable.onHold')}</p>}
    </Section>
  );
}

/** What is over stays to be read, folded. */
function ClosedPart({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money } = useFormats();
  return (
    <details className={styles.closed}>
      <summary>
        <span>{t('receivable.part', { seq: part.seq, number: part.number || '–' })}</span>
        <ClaimChip state={part.state} />
        <span className={styles.closedSum}>{money(part.sums.total, claim.currency)}</span>
      </summary>
      <div className={styles.closedBody}>
        <PartFacts claim={claim} part={part} />
        <Rows claim={claim} part={part} />
      </div>
    </details>
  );
}

function ActionItem({ action, claim, onDone }: { action: ActionShown; claim: Receivable; onDone: () => void }) {
  const t = useT();
  const words = useFindingWords();
  const { time, money } = useFormats();
  const { can } = useSession();
  const amount = (action.foreseen as { amount?: { gross?: string } } | null)?.amount?.gross;
  const newNumber = (action.answer as { newNumber?: string } | null)?.newNumber;
  const cause = action.cause && words(action.cause);
  const post = useMutation({
    mutationFn: (way: 'retry' | 'withdraw') => api.post(`/receivables/actions/${action.id}/${way}`),
    onError: (e) => toast({ error: e }),
    onSettled: onDone,
  });
  const open = ['waiting', 'pending', 'unknown'].includes(action.status);
  return (
    <li>
      <div className={styles.actionHead}>
        <strong>{t(`verb.${action.verb as 'activate'}`)}</strong>
        <WayChip status={action.status} />
        {action.already && <Chip tone="plain">{t('receivable.already')}</Chip>}
        <span className={styles.closedSum}>{amount && money(amount, claim.currency)}</span>
      </div>
      <div className="dim">
        {[
          action.part && t('receivable.partShort', { seq: action.part }),
          time(action.createdAt),
          action.createdBy === 'automatic' ? t('receivable.byRule') : action.createdBy,
        ]
          .filter(Boolean)
          .join(' · ')}
        {newNumber ? ` · ${t('receivable.restNumber', { number: newNumber })}` : ''}
      </div>
      {cause && (
        <div className={styles.cause} data-tone={action.status === 'rejected' || action.status === 'unknown' ? 'bad' : 'wait'}>
          {cause.text} <span className="dim">{cause.remedy}</span>
          {action.cause?.providerCode && <code>{action.cause.providerCode}</code>}
        </div>
      )}
      {can('send') && open && (
        <div className={styles.buttons}>
          {action.status === 'unknown' && !action.nextAt && <Answer action={action} onDone={onDone} />}
          <Button size="compact-sm" variant="subtle" onClick={() => post.mutate('retry')} loading={post.isPending}>
            {t('receivable.retry')}
          </Button>
          {action.status === 'waiting' && (
            <Button size="compact-sm" variant="subtle" onClick={() => post.mutate('withdraw')}>
              {t('receivable.withdraw')}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

/** A person looked it up at the provider. */
function Answer({ action, onDone }: { action: ActionShown; onDone: () => void }) {
  const t = useT();
  const [happened, setHappened] = useState<string>();
  const [number, setNumber] = useState('');
  const part = action.verb === 'activate' && (action.action as { picks?: unknown }).picks !== undefined;
  const say = useMutation({
    mutationFn: () =>
      api.post(`/receivables/actions/${action.id}/answer`, {
        happened: happened === 'yes',
        ...(happened === 'yes' && number.trim() ? (action.verb === 'add' ? { number: number.trim() } : { newNumber: number.trim() }) : {}),
      }),
    onError: (e) => toast({ error: e }),
    onSettled: onDone,
  });
  return (
    <fieldset className={styles.answer}>
      <legend>{t('receivable.happened')}</legend>
      <Radio.Group value={happened ?? ''} onChange={setHappened} aria-label={t('receivable.happened')}>
        <div className={styles.chips}>
          <Radio value="yes" label={t('common.yes')} />
          <Radio value="no" label={t('common.no')} />
        </div>
      </Radio.Group>
      {happened === 'yes' && (part || action.verb === 'add') && (
        <TextInput
          label={t(part ? 'receivable.restNumberAsk' : 'field.number')}
          value={number}
          onChange={(e) => setNumber(e.target.value)}
        />
      )}
      <Button
        size="compact-sm"
        disabled={!happened || (happened === 'yes' && action.verb === 'add' && !number.trim())}
        loading={say.isPending}
        onClick={() => say.mutate()}
      >
        {t('common.save')}
      </Button>
    </fieldset>
  );
}
