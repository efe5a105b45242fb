import { Button, Menu, SegmentedControl, Select } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { PaymentView, StatementView } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { addDecimals, useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { DecimalInput } from '../ui/fields.tsx';
import { SearchBox } from '../ui/filters.tsx';
import { Findings } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { useFilter } from '../ui/use-documents.ts';
import { More, usePages } from '../ui/use-pages.tsx';
import styles from './payments.module.css';

type List = { items: PaymentView[]; nextCursor: string | null; counts: { open: number; proposed: number } };
type OpenDocument = { id: string; number: string; buyerName: string; open: string; currency: string };

const trouble = (error: Error) => toast({ error });

/** Bank statements go in, payments come out: what was booked, what is proposed and why, what waits for a person. */
export default function Payments() {
  const t = useT();
  const { can } = useSession();
  const client = useQueryClient();
  const { filter, change } = useFilter(['q', 'state']);
  const state = (filter.state ?? 'open') as PaymentView['state'];
  const search = useRef<HTMLInputElement>(null);
  const statements = useQuery({
    queryKey: ['payments', 'statements'],
    queryFn: () => api.get<{ items: StatementView[] }>('/payments/statements'),
  });
  const pages = usePages<List>(['payments', state, filter.q], '/payments', { state, q: filter.q, limit: 50 });
  const { list, rows } = pages;
  const upload = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) {
        const form = new FormData();
        form.append('file', file);
        await api.post<StatementView>('/payments/statements', form);
      }
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['payments'] }),
    onError: trouble,
  });
  const counts = list.data?.pages[0]?.counts;
  return (
    <Page title={t('nav.payments')} help="payments" about={t('payments.about')} wide>
      {can('edit') && (
        <Section title={t('payments.upload')} about={t('payments.uploadAbout')}>
          <Dropzone
            onDrop={(files) => upload.mutate(files)}
            loading={upload.isPending}
            maxSize={50 * 1024 * 1024}
            aria-label={t('payments.upload')}
          >
            <div className={styles.drop}>
              <Icon name="import" size={22} />
              <span>{t('payments.drop')}</span>
            </div>
          </Dropzone>
          {statements.data?.items.slice(0, 3).map((s) => (
            <Statement key={s.id} statement={s} />
          ))}
        </Section>
      )}
      <Section
        title={t('payments.list')}
        actions={
          <div className={styles.tools}>
            <SegmentedControl
              size="xs"
              aria-label={t('field.state')}
              value={state}
              onChange={(value) => change({ state: value === 'open' ? undefined : value })}
              data={[
                { value: 'open', label: `${t('payments.open')}${counts?.open ? ` (${counts.open})` : ''}` },
                { value: 'booked', label: t('payments.booked') },
                { value: 'set_aside', label: t('payments.setAside') },
              ]}
            />
            <SearchBox
              inputRef={search}
              value={filter.q ?? ''}
              onChange={(q) => change({ q: q || undefined })}
              label={t('payments.search')}
            />
          </div>
        }
      >
        {isLost(list.error, list.data) ? (
          <Failed error={list.error} retry={() => void list.refetch()} />
        ) : !rows ? (
          <Lines />
        ) : rows.length === 0 ? (
          <Empty icon="complete" title={filter.q ? t('common.nothingFound') : t('payments.empty')}>
            {state === 'open' && !filter.q ? t('payments.emptyText') : undefined}
          </Empty>
        ) : (
          <ul className={styles.list}>
            {rows.map((p) => (
              <Row key={p.id} payment={p} />
            ))}
          </ul>
        )}
        <More of={pages} />
      </Section>
    </Page>
  );
}

function Statement({ statement: s }: { statement: StatementView }) {
  const t = useT();
  const { ago } = useFormats();
  const { counts } = s;
  const tone: Tone = s.status === 'waiting' ? 'wait' : s.status === 'refused' ? 'bad' : s.findings.length > 0 ? 'wait' : 'good';
  return (
    <div className={styles.statement}>
      <div className={styles.line}>
        <Chip tone={tone}>{t(`payments.statement.${s.status}`)}</Chip>
        <strong className="cut">{s.name}</strong>
        <span className="dim">
          {[
            s.status === 'read' &&
              t('payments.counts', {
                lines: counts.lines ?? 0,
                booked: counts.booked ?? 0,
                proposed: counts.proposed ?? 0,
                open: counts.open ?? 0,
                known: counts.known ?? 0,
              }),
            ago(s.createdAt),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      <Findings items={s.findings.slice(0, 5)} />
    </div>
  );
}

function Row({ payment: p }: { payment: PaymentView }) {
  const t = useT();
  const { money, day } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [choosing, setChoosing] = useState(false);
  const done = () => client.invalidateQueries();
  const book = useMutation({
    mutationFn: (body: { shares: { documentId: string; amount: string }[]; restToCredit: boolean }) =>
      api.post(`/payments/${p.id}/book`, body),
    onSuccess: done,
    onError: trouble,
  });
  const act = useMutation({ mutationFn: (verb: string) => api.post(`/payments/${p.id}/${verb}`, {}), onSuccess: done, onError: trouble });
  const [best] = p.proposals;
  const double = best?.kind === 'double';
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <span className={styles.who}>
          <strong className="cut">{p.payerName ?? t('payments.nobody')}</strong>
          <span className="dim cut" title={p.title}>
            {p.title || '–'}
          </span>
        </span>
        <span className={styles.sum}>
          <strong className="num">{money(p.amount, p.currency)}</strong>
          <span className="dim">{day(p.valueDay)}</span>
        </span>
      </div>
      {p.state === 'booked' && (
        <div className={styles.line}>
          {p.allocations.map((a, i) => (
            <span key={i} className={styles.paid}>
              <Icon name="check" size={14} />
              {a.documentId ? (
                <Link to={`/documents/${a.documentId}`}>{a.number}</Link>
              ) : (
                t(`payments.purpose.${a.purpose as 'credit' | 'returned'}`)
              )}{' '}
              {money(a.amount, p.currency)}
              {a.automatic && <span className="dim">{t('payments.automatic')}</span>}
            </span>
          ))}
          {can('edit') && p.source !== 'charge' && (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<Icon name="undo" size={14} />}
              loading={act.isPending}
              onClick={() => act.mutate('undo')}
            >
              {t('payments.undo')}
            </Button>
          )}
        </div>
      )}
      {p.state === 'set_aside' && (
        <div className={styles.line}>
          <span className="dim">{t(`payments.why.${(p.why ?? 'person') as 'person'}`)}</span>
          {can('edit') && (
            <Button size="compact-sm" variant="subtle" onClick={() => act.mutate('take-back')}>
              {t('payments.takeBack')}
            </Button>
          )}
        </div>
      )}
      {p.state === 'open' && (
        <>
          {(best || p.unsure) && (
            <div className={styles.line}>
              {p.unsure && <Chip tone="wait">{t(`payments.unsure.${p.unsure as 'twin'}`)}</Chip>}
              {best && (
                <Chip tone={double ? 'bad' : best.confidence === 'possible' ? 'plain' : 'info'}>
                  {double ? t('payments.paidTwice') : best.shares.map((s) => s.number).join(', ')}
                </Chip>
              )}
              {best && <span className="dim">{best.reasons.map((r) => t(`payments.reason.${r as 'amount'}`)).join(' · ')}</span>}
            </div>
          )}
          {can('edit') && (
            <div className={styles.line}>
              {best && !double && (
                <Button
                  size="compact-sm"
                  loading={book.isPending}
                  onClick={() =>
                    book.mutate({
                      shares: best.shares.map(({ documentId, amount }) => ({ documentId, amount })),
                      restToCredit: best.kind === 'over',
                    })
                  }
                >
                  {t('payments.bookOn', { number: best.shares.map((s) => s.number).join(', ') })}
                </Button>
              )}
              {double && (
                <Button size="compact-sm" loading={book.isPending} onClick={() => book.mutate({ shares: [], restToCredit: true })}>
                  {t('payments.keepCredit')}
                </Button>
              )}
              <Button size="compact-sm" variant="default" onClick={() => setChoosing((on) => !on)} aria-expanded={choosing}>
                {t('payments.other')}
              </Button>
              <Menu>
                <Menu.Target>
                  <Button size="compact-sm" variant="subtle" aria-label={t('payments.more', { amount: money(p.amount, p.currency) })}>
                    <Icon name="dots" size={16} />
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {!double && (
                    <Menu.Item onClick={() => book.mutate({ shares: [], restToCredit: true })}>{t('payments.keepCredit')}</Menu.Item>
                  )}
                  <Menu.Item onClick={() => act.mutate('set-aside')}>{t('payments.notOurs')}</Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </div>
          )}
          {choosing && (
            <Chooser
              payment={p}
              busy={book.isPending}
              onBook={(documentId, amount) => book.mutate({ shares: [{ documentId, amount }], restToCredit: false })}
            />
          )}
        </>
      )}
    </li>
  );
}

/** Decimal texts are compared exactly. */
const isLess = (a: string, b: string): boolean => addDecimals([a, `-${b}`]).startsWith('-');

/** Any open document, and how much of the payment is for it. */
function Chooser({ payment, busy, onBook }: { payment: PaymentView; busy: boolean; onBook: (documentId: string, amount: string) => void }) {
  const t = useT();
  const { money } = useFormats();
  const [amount, setAmount] = useState(payment.left);
  const [typed, setTyped] = useState('');
  const q = useDeferredValue(typed.trim());
  // The newest come at once; any other is found by its number, buyer or order.
  const { data } = useQuery({
    queryKey: ['payments', 'open-documents', payment.currency, q],
    queryFn: ({ signal }) =>
      api.get<{ items: OpenDocument[] }>('/payments/open-documents', { currency: payment.currency, q: q.slice(0, 100) }, signal),
    placeholderData: keepPreviousData,
  });
  const [picked, setPicked] = useState<OpenDocument>();
  const labelOf = (d: OpenDocument) => `${d.number} · ${d.buyerName} · ${money(d.open, d.currency)}`;
  const found = data?.items ?? [];
  const listed = picked && !found.some((d) => d.id === picked.id) ? [picked, ...found] : found;
  return (
    <div className={styles.chooser}>
      <Select
        searchable
        label={t('payments.document')}
        placeholder={data?.items.length === 0 && q === '' ? t('payments.noOpen') : undefined}
        nothingFoundMessage={q === '' ? undefined : t('common.nothingFound')}
        filter={({ options }) => options}
        data={listed.map((d) => ({ value: d.id, label: labelOf(d) }))}
        value={picked?.id ?? null}
        // What was chosen stands in the field as its label: that is nothing to look for.
        onSearchChange={(text) => setTyped(listed.some((d) => labelOf(d) === text) ? '' : text)}
        onChange={(value) => {
          const next = listed.find((d) => d.id === value);
          setPicked(next);
          setTyped('');
          if (next && isLess(next.open, payment.left)) setAmount(next.open);
        }}
      />
      <DecimalInput label={t('payments.amount')} suffix={payment.currency} value={amount} onChange={setAmount} />
      <Button loading={busy} disabled={!picked} onClick={() => picked && onBook(picked.id, amount)}>
        {t('payments.book')}
      </Button>
    </div>
  );
}
