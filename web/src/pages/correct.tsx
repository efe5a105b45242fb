import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { CorrectionProposal, DocumentDetail } from '../../../src/api/schemas/index.ts';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { recompute, totalsDifference } from '../../../src/domain/totals/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { keyOfRate } from '../rates.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import styles from './document.module.css';
import { LinesEditor } from './lines-editor.tsx';
import { PartyEditor } from './party-editor.tsx';

const reasons = ['return', 'price', 'quantity', 'rate', 'buyer', 'cancel', 'other'] as const;

/** A correction starts from the rows of the original: change what changed, see the difference, put it into the queue. */
export default function Correct() {
  const { id = '' } = useParams();
  const t = useT();
  const { data, error, refetch } = useQuery({
    queryKey: ['document', id],
    queryFn: () => api.get<DocumentDetail>(`/documents/${id}`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const proposed = useQuery({
    queryKey: ['document', id, 'proposal'],
    queryFn: () => api.get<CorrectionProposal>(`/documents/${id}/correction-proposal`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (isLost(error, data) || isLost(proposed.error, proposed.data))
    return (
      <Page title={t('correct.title')} help="corrections">
        <Failed
          error={error ?? proposed.error}
          retry={() => {
            void refetch();
            void proposed.refetch();
          }}
        />
      </Page>
    );
  if (!data || !proposed.data)
    return (
      <Page title={t('correct.title')} help="corrections">
        <Lines count={8} />
      </Page>
    );
  return <Loaded original={data} {...proposed.data} />;
}

const nothingWrong = () => false;

/** The rows as the proposal would have them. */
function proposedRows(start: DocumentContent, proposal: CorrectionProposal['proposal']): DocumentContent {
  if (!proposal || proposal.options.cancel) return start;
  const { lines = [], added = [] } = proposal.options;
  const changed = start.lines.map((line) => {
    const change = lines.find((c) => c.lineId === line.id);
    if (!change) return line;
    const { quantity = line.quantity, unitPrice = line.unitPrice, rate = line.rate, name = line.name } = change;
    return { ...line, quantity, unitPrice, rate, name };
  });
  return { ...start, lines: [...changed, ...added] };
}

function Loaded({ original, base, proposal }: { original: DocumentDetail } & CorrectionProposal) {
  const t = useT();
  const { money, price, number } = useFormats();
  const navigate = useNavigate();
  // A correction starts where the last one ended.
  const start = base;
  const [reasonCode, setReasonCode] = useState<(typeof reasons)[number]>(proposal?.options.reasonCode ?? 'return');
  const [reason, setReason] = useState(proposal?.options.reason ?? '');
  const [cancel, setCancel] = useState(proposal?.options.cancel === true);
  const [after, setAfter] = useState<DocumentContent>(() => proposedRows(start, proposal));
  const computed = useMemo(() => {
    try {
      // As the correction will have it: shares and rates stay where the original put them.
      const lines = after.lines.map(({ spread: _, ...l }) => (cancel ? { ...l, quantity: '0' } : l));
      return recompute({ ...after, kind: 'correction', lines, correction: undefined });
    } catch {
      return undefined;
    }
  }, [after, cancel]);
  const shownLines = useMemo(
    () => (computed ? after.lines.map((l, i) => ({ ...l, gross: computed.lines[i]?.gross ?? l.gross })) : after.lines),
    [after.lines, computed],
  );
  const setLines = useCallback((lines: DocumentContent['lines']) => setAfter((a) => ({ ...a, lines })), []);
  const setBuyer = useCallback((buyer: DocumentContent['buyer']) => setAfter((a) => ({ ...a, buyer })), []);
  const difference = computed && totalsDifference(start.totals, computed.totals, start.currency);
  const of = (line: DocumentContent['lines'][number] | undefined) =>
    line ? `${number(line.quantity)} × ${price(line.unitPrice, start.currency)} = ${money(line.gross, start.currency)}` : '—';
  const rateOf = (line: DocumentContent['lines'][number] | undefined) => keyOfRate(start.seller.country, line?.rate);
  const make = useMutation({
    mutationFn: () => {
      const lines = after.lines.flatMap((line) => {
        const before = start.lines.find((l) => l.id === line.id);
        if (!before) return [];
        const changed = {
          ...(line.quantity !== before.quantity ? { quantity: line.quantity } : {}),
          ...(line.unitPrice !== before.unitPrice ? { unitPrice: line.unitPrice } : {}),
          ...(JSON.stringify(line.rate) !== JSON.stringify(before.rate) ? { rate: line.rate } : {}),
          ...(line.name !== before.name ? { name: line.name } : {}),
        };
        return Object.keys(changed).length > 0 ? [{ lineId: line.id, ...changed }] : [];
      });
      const gone = start.lines.filter((l) => !after.lines.some((a) => a.id === l.id)).map((l) => ({ lineId: l.id, quantity: '0' }));
      const added = after.lines.filter((l) => !start.lines.some((b) => b.id === l.id));
      // JSON knows no field that was emptied: it is sent as empty.
      const buyer = Object.fromEntries(
        Object.keys({ ...start.buyer, ...after.buyer }).flatMap((field) => {
          const [was, is] = [start.buyer, after.buyer].map((party) => party[field as keyof typeof party]);
          return JSON.stringify(was) === JSON.stringify(is) ? [] : [[field, is ?? '']];
        }),
      );
      return api.post<{ id: string }>(`/documents/${original.id}/correct`, {
        reasonCode,
        reason: reason || t(`reason.${reasonCode}`),
        ...(cancel
          ? { cancel: true }
          : { lines: [...lines, ...gone], ...(added.length > 0 ? { added } : {}), ...(Object.keys(buyer).length > 0 ? { buyer } : {}) }),
      });
    },
    onSuccess: async (made) => {
      toast({ text: t('correct.made'), tone: 'good' });
      await navigate(`/to-issue?open=${made.id}`);
    },
    onError: (e) => toast({ error: e }),
  });
  // Each row that differs, as it was and as it will be.
  const rows = computed
    ? [...start.lines, ...computed.lines.filter((l) => !start.lines.some((b) => b.id === l.id))].flatMap((line) => {
        const before = start.lines.find((b) => b.id === line.id);
        const next = computed.lines.find((a) => a.id === line.id);
        const same =
          before &&
          next &&
          before.quantity === next.quantity &&
          before.unitPrice === next.unitPrice &&
          before.gross === next.gross &&
          before.name === next.name &&
          rateOf(before) === rateOf(next);
        const renamed = before && next && before.name !== next.name;
        return same ? [] : [{ id: line.id, name: renamed ? `${before.name} → ${next.name}` : line.name, before, next }];
      })
    : [];
  const changed = cancel || JSON.stringify(after) !== JSON.stringify(start);
  useKeys('correct.title', [
    { keys: 'mod+enter', label: 'correct.go', always: true, run: () => changed && !make.isPending && make.mutate() },
  ]);
  return (
    <Page
      title={t('correct.titleOf', { number: original.number ?? '' })}
      help="corrections"
      about={original.buyerName}
      back={{ to: `/documents/${original.id}`, label: original.number }}
    >
      {proposal && (
        <div className={styles.proposal} role="status">
          <Icon name="order" size={18} />
          <span>
            {t(proposal.from === 'order' ? 'correct.fromOrder' : 'correct.fromRefund')}
            {!/^0(\.0+)?$/.test(proposal.unexplained) &&
              ` ${t('correct.unexplained', { amount: money(proposal.unexplained, start.currency) })}`}
          </span>
        </div>
      )}
      <Section title={t('correct.why')}>
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: 12 }}>
          <NativeSelect
            label={t('correct.kind')}
            value={reasonCode}
            onChange={(e) => {
              setReasonCode(e.target.value as typeof reasonCode);
              setCancel(e.target.value === 'cancel');
            }}
            data={reasons.map((r) => ({ value: r, label: t(`reason.${r}`) }))}
          />
          <TextInput
            label={t('correct.reason')}
            placeholder={t(`reason.${reasonCode}`)}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
            maxLength={500}
          />
        </div>
        <Checkbox label={t('correct.whole')} checked={cancel} onChange={(e) => setCancel(e.currentTarget.checked)} />
      </Section>
      {!cancel && (
        <>
          <Section title={t('correct.rows')} about={t('correct.rowsAbout')}>
            <LinesEditor
              lines={shownLines}
              country={start.seller.country}
              currency={start.currency}
              issueDate={start.issueDate}
              taxMethod={start.taxMethod}
              wrong={nothingWrong}
              bare
              onChange={setLines}
            />
          </Section>
          <Section>
            <PartyEditor
              title={t('field.buyer')}
              path="buyer"
              party={after.buyer}
              country={start.seller.country}
              wrong={nothingWrong}
              onChange={setBuyer}
            />
          </Section>
        </>
      )}
      {rows.length > 0 && (
        <Section title={t('correct.changes')} flush>
          <Table
            label={t('correct.changes')}
            rows={rows}
            id={(row) => row.id}
            columns={[
              { title: t('field.name'), grow: true, cell: (row) => row.name },
              ...(rows.some((row) => row.before && row.next && rateOf(row.before) !== rateOf(row.next))
                ? [
                    {
                      title: t('field.rate'),
                      cell: (row: (typeof rows)[number]) =>
                        [...new Set([rateOf(row.before), rateOf(row.next)])].filter(Boolean).join(' → '),
                    },
                  ]
                : []),
              { title: t('correct.before'), end: true, cell: (row) => of(row.before) },
              { title: t('correct.after'), end: true, cell: (row) => of(row.next) },
            ]}
          />
        </Section>
      )}
      <Section>
        <div style={{ display: 'flex', alignItems: 'center', gap: 24, flexWrap: 'wrap' }} aria-live="polite">
          <span>
            {t('correct.before')} <strong>{money(start.totals.gross, start.currency)}</strong>
          </span>
          <span>
            {t('correct.after')} <strong>{money(computed?.totals.gross, start.currency)}</strong>
          </span>
          <span>
            {t('correct.difference')} <strong>{money(difference?.gross, start.currency)}</strong>
          </span>
          <Button ml="auto" disabled={!changed} loading={make.isPending} onClick={() => make.mutate()}>
            {t('correct.go')}
          </Button>
        </div>
      </Section>
    </Page>
  );
}
