import { Button, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { BillView, Panel } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { useToday } from '../ui/today.ts';
import { AskForm, kindsFor } from './ask.tsx';
import styles from './payments.module.css';

const trouble = (error: Error) => toast({ error });

const billTones: Record<BillView['state'], Tone> = { open: 'wait', paid: 'good', cancelled: 'plain', refunded: 'info' };

const billsQuery = (state: string, q: string) => ({
  queryKey: ['billing', 'bills', state, q],
  queryFn: () => api.get<{ items: BillView[] }>('/billing/bills', { state: state === 'all' ? undefined : state, q: q || undefined }),
});

/** Every bill with its documents and how it was paid: the list people look for when they ask "where is my invoice?". */
export function Bills({ panel }: { panel: Panel }) {
  const t = useT();
  const { day, money } = useFormats();
  const { can } = useSession();
  const words = useFindingWords();
  const [state, setState] = useState<string>('all');
  const [q, setQ] = useState('');
  const client = useQueryClient();
  // What is shown stays while the next letters are asked for.
  const bills = useQuery({ ...billsQuery(state, q), placeholderData: keepPreviousData });
  const all = useQuery(billsQuery('all', ''));
  const card = useMutation({
    mutationFn: (id: string) => api.post<{ url: string | null; checking: boolean }>(`/billing/bills/${id}/pay-by-card`, {}),
    onSuccess: (answer) => {
      if (answer.url) window.location.assign(answer.url);
      else toast({ text: t('billing.checking'), tone: 'plain' });
      return client.invalidateQueries({ queryKey: ['billing'] });
    },
    onError: trouble,
  });
  const [asking, setAsking] = useState<BillView>();
  const today = useToday();
  // The last year there is anything of: in January the papers wanted are those of the year before.
  const newest = all.data?.items
    .flatMap((b) => b.documents.map((d) => d.issueDate.slice(0, 4)))
    .sort()
    .at(-1);
  return (
    <Section
      title={t('billing.bills')}
      actions={
        <div className={styles.tools}>
          <SegmentedControl
            size="xs"
            aria-label={t('field.state')}
            value={state}
            onChange={setState}
            data={[
              { value: 'all', label: t('billing.all') },
              ...(['open', 'paid'] as const).map((value) => ({ value, label: t(`billing.billState.${value}`) })),
            ]}
          />
          <TextInput
            size="xs"
            aria-label={t('billing.search')}
            placeholder={t('billing.search')}
            value={q}
            onChange={(e) => setQ(e.target.value)}
          />
          {newest && (
            <Button
              size="compact-md"
              variant="default"
              component="a"
              href={fileAddress('/billing/documents.zip', { from: `${newest}-01-01`, until: `${newest}-12-31` })}
              leftSection={<Icon name="download" size={16} />}
            >
              {t('billing.zip', { year: newest })}
            </Button>
          )}
        </div>
      }
      flush={(bills.data?.items.length ?? 0) > 0}
    >
      {isLost(bills.error, bills.data) ? (
        <Failed error={bills.error} retry={() => void bills.refetch()} />
      ) : !bills.data ? (
        <Lines />
      ) : bills.data.items.length === 0 ? (
        <Empty icon="document" title={state === 'all' && !q ? t('billing.billsEmpty') : t('common.nothingFound')} />
      ) : (
        <Table
          label={t('billing.bills')}
          rows={bills.data.items}
          id={(b) => b.id}
          columns={[
            {
              title: t('billing.what'),
              grow: true,
              cell: (b) => (
                <>
                  <strong>{b.plan}</strong> <span className="dim">{`${day(b.periodStart)} – ${day(b.periodEnd)}`}</span>
                  {b.state === 'open' && b.documents.length === 0 && b.charges.length === 0 && (
                    <div className="dim">{t('billing.proformaComes')}</div>
                  )}
                  {b.transfer && (
                    <dl className={styles.transfer}>
                      <dt>{t('billing.account')}</dt>
                      <dd>{b.transfer.account}</dd>
                      <dt>{t('billing.title')}</dt>
                      <dd>
                        <strong>{b.transfer.title}</strong>
                      </dd>
                    </dl>
                  )}
                </>
              ),
            },
            { title: t('payments.amount'), end: true, cell: (b) => money(b.amount, b.currency) },
            {
              title: t('field.state'),
              cell: (b) =>
                b.state === 'open' && b.dueDay < today ? (
                  <Chip tone="bad">{t('billing.state.past_due')}</Chip>
                ) : (
                  <Chip tone={billTones[b.state]}>{t(`billing.billState.${b.state}`)}</Chip>
                ),
            },
            {
              title: t('billing.when'),
              cell: (b) => {
                const refused = b.state === 'open' ? b.charges.findLast((c) => c.cause)?.cause : undefined;
                return (
                  <>
                    {b.paidAt ? t('billing.paidOn', { day: day(b.paidAt) }) : t('billing.dueOn', { day: day(b.dueDay) })}
                    {refused && <div className="dim">{words({ code: refused }).text}</div>}
                  </>
                );
              },
            },
            {
              title: t('nav.documents'),
              cell: (b) => (
                <span className={styles.line}>
                  {b.documents.map((d) => (
                    <a
                      key={d.id}
                      href={fileAddress(`/billing/documents/${d.id}/pdf`)}
                      target="_blank"
                      rel="noreferrer"
                      aria-label={`${d.number} PDF`}
                    >
                      {d.number}
                    </a>
                  ))}
                </span>
              ),
            },
            {
              title: '',
              end: true,
              cell: (b) =>
                can('billing') && (
                  <span className={styles.line} style={{ justifyContent: 'flex-end' }}>
                    {b.state === 'open' && panel.cards && (
                      <Button
                        size="compact-sm"
                        variant="light"
                        loading={card.isPending && card.variables === b.id}
                        onClick={() => card.mutate(b.id)}
                        aria-label={`${t('billing.payCard')}: ${b.plan} ${day(b.periodStart)}`}
                      >
                        {t('billing.payCard')}
                      </Button>
                    )}
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => setAsking(b)}
                      aria-label={`${t('billing.report')}: ${b.plan} ${day(b.periodStart)}`}
                    >
                      {t('billing.report')}
                    </Button>
                  </span>
                ),
            },
          ]}
        />
      )}
      {asking && <Report panel={panel} bill={asking} onClose={() => setAsking(undefined)} />}
    </Section>
  );
}

/** Something is wrong with a document of a bill, or it is not there. */
function Report({ panel, bill, onClose }: { panel: Panel; bill: BillView; onClose: () => void }) {
  const t = useT();
  const [about, setAbout] = useState<string>(bill.documents.at(-1)?.id ?? 'missing');
  const [said, setSaid] = useState('');
  const missing = useMutation({
    mutationFn: () => api.post<{ outcome: string }>(`/billing/bills/${bill.id}/requests`, { said: said.trim() }),
  });
  const document = bill.documents.find((d) => d.id === about);
  return (
    <Dialog onClose={onClose} title={t('billing.reportTitle', { plan: bill.plan })} size="lg">
      <div className={styles.statement}>
        {bill.documents.length > 0 && (
          <Select
            label={t('billing.reportWhich')}
            allowDeselect={false}
            value={about}
            onChange={(value) => setAbout(value!)}
            data={[
              ...bill.documents.map((d) => ({ value: d.id, label: `${t(`kind.${d.kind as 'invoice'}`)} ${d.number}` })),
              { value: 'missing', label: t('billing.reportMissing') },
            ]}
          />
        )}
        {document ? (
          <AskForm
            key={document.id}
            to={`/billing/documents/${document.id}/requests`}
            kinds={kindsFor(document.kind)}
            buyer={panel.customer?.party ?? { taxIds: [] }}
          />
        ) : missing.data ? (
          <p role="status">{t(`buyer.outcome.${missing.data.outcome as 'task'}`)}</p>
        ) : (
          <form
            className={styles.statement}
            onSubmit={(event) => {
              event.preventDefault();
              missing.mutate();
            }}
          >
            <Textarea
              label={t('billing.reportWhat')}
              autosize
              minRows={3}
              maxLength={2000}
              required
              withAsterisk={false}
              value={said}
              onChange={(e) => setSaid(e.target.value)}
            />
            {missing.error && <Failed error={missing.error} />}
            <Button type="submit" loading={missing.isPending} style={{ alignSelf: 'flex-start' }}>
              {t('action.send')}
            </Button>
          </form>
        )}
      </div>
    </Dialog>
  );
}
