import { ActionIcon, Button, NumberInput, Radio, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Action, AskedAnswer, Foresight, Receivable, RowInput, Verb } from '../../../../src/api/schemas/receivables.ts';
import { ApiError, api, type Found } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useKeys } from '../../keys.ts';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DecimalInput } from '../../ui/fields.tsx';
import { Findings } from '../../ui/findings.tsx';
import { Icon } from '../../ui/icon.tsx';
import ProblemWords from '../../ui/problem.tsx';
import { useOnce, wasSentBefore } from '../../ui/use-once.ts';
import styles from './receivable.module.css';

type Part = Receivable['parts'][number];
type Props = { claim: Receivable; part: Part; verb: Verb; onClose: () => void; onAsked: () => void };
type AskedVerb = Exclude<Action, { verb: 'add' }>;

/** Says what will happen to totals, VAT and due date while the seller chooses, and does it only then. */
export default function VerbDialog({ claim, part, verb, onClose, onAsked }: Props) {
  const t = useT();
  const { once, refused } = useOnce();
  const [quantities, setQuantities] = useState(() => part.rows.map((row) => row.quantity - row.credited));
  const [rows, setRows] = useState<RowInput[]>(() => part.rows.map(({ credited: _, ...row }) => row));
  const [by, setBy] = useState<'email' | 'post'>('email');
  const [email, setEmail] = useState('');
  const [adjust, setAdjust] = useState({ name: '', amount: '', vat: '25' });
  const picking = verb === 'activate' || verb === 'credit';
  const action = actionOf(verb, part, { quantities, rows, by, email, adjust });
  const settled = useSettled(JSON.stringify(action ?? null));
  const dry = useQuery({
    queryKey: ['foresight', claim.id, settled],
    enabled: settled !== 'null',
    queryFn: async ({ signal }) => {
      try {
        const answer = await api.post<AskedAnswer>(
          `/receivables/${claim.id}/actions`,
          { action: JSON.parse(settled), dryRun: true },
          { signal },
        );
        return { foresight: answer.foresight, findings: (answer.foresight?.findings ?? []) as Found[] };
      } catch (error) {
        if (error instanceof ApiError && error.problem.findings) return { foresight: undefined, findings: error.problem.findings };
        throw error;
      }
    },
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const go = useMutation({
    mutationFn: () => api.post<AskedAnswer>(`/receivables/${claim.id}/actions`, { action }, { once }),
    onSuccess: () => {
      toast({ text: t('receivable.asked', { verb: t(`verb.${verb}`) }), tone: 'good' });
      onAsked();
    },
    onError: (e) => {
      refused(e);
      toast({ error: e });
      if (wasSentBefore(e)) onAsked();
    },
  });
  const foresight = settled === JSON.stringify(action ?? null) ? dry.data?.foresight : undefined;
  const ready = foresight !== undefined && !go.isPending;
  useKeys('receivable.dialog', [{ keys: 'mod+enter', label: 'receivable.go', always: true, run: () => ready && go.mutate() }]);
  return (
    <Dialog
      onClose={onClose}
      size={verb === 'replace' ? 'xl' : 'lg'}
      title={`${t(`verb.${verb}`)} · ${t('receivable.part', { seq: part.seq, number: part.number || '–' })}`}
    >
      <div className={styles.dialog}>
        <p className={styles.say}>{t(`verbAbout.${verb as 'activate'}`)}</p>
        {picking && <Picker part={part} currency={claim.currency} quantities={quantities} onChange={setQuantities} />}
        {verb === 'replace' && <RowsEditor rows={rows} currency={claim.currency} onChange={setRows} />}
        {verb === 'send' && (
          <Radio.Group value={by} onChange={(value) => setBy(value as 'email')} label={t('receivable.sendBy')}>
            <div className={styles.chips}>
              <Radio value="email" label={t('receivable.byEmail')} />
              <Radio value="post" label={t('receivable.byPost')} />
            </div>
          </Radio.Group>
        )}
        {verb === 'send' && by === 'email' && (
          <TextInput
            type="email"
            label={t('field.email')}
            description={t('receivable.sendTo')}
            value={email}
            onChange={(e) => setEmail(e.target.value)}
            data-autofocus
            autoComplete="off"
          />
        )}
        {verb === 'adjust' && (
          <div className={styles.adjust}>
            <TextInput
              label={t('receivable.adjustName')}
              maxLength={50}
              value={adjust.name}
              onChange={(e) => setAdjust({ ...adjust, name: e.target.value })}
              data-autofocus
            />
            <DecimalInput
              label={t('receivable.adjustAmount')}
              value={adjust.amount}
              onChange={(amount) => setAdjust({ ...adjust, amount })}
            />
            <DecimalInput label={t('field.rate')} suffix="%" value={adjust.vat} onChange={(vat) => setAdjust({ ...adjust, vat })} />
          </div>
        )}
        <Preview claim={claim} foresight={foresight} />
        <div aria-live="polite">
          {dry.error ? (
            <p role="alert">
              <ProblemWords error={dry.error} />
            </p>
          ) : (
            <Findings items={dry.data?.findings ?? []} />
          )}
        </div>
        <div className={styles.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            {t('common.close')}
          </Button>
          <Button color={verb === 'cancel' ? 'red' : undefined} disabled={!ready} loading={go.isPending} onClick={() => go.mutate()}>
            {t(`verbGo.${verb as 'activate'}`)}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Typing pauses before the server is asked. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

type Choice = {
  quantities: number[];
  rows: RowInput[];
  by: 'email' | 'post';
  email: string;
  adjust: { name: string; amount: string; vat: string };
};

function actionOf(verb: Verb, part: Part, choice: Choice): AskedVerb | undefined {
  const seq = { part: part.seq };
  switch (verb) {
    case 'activate':
    case 'credit': {
      const left = part.rows.map((row) => row.quantity - row.credited);
      const picks = choice.quantities.flatMap((quantity, row) => (quantity > 0 ? [{ row, quantity }] : []));
      if (picks.length === 0) return undefined;
      const all = choice.quantities.every((quantity, i) => quantity === left[i]);
      return { verb, ...seq, ...(all ? {} : { picks }) };
    }
    case 'replace':
      return { verb, ...seq, rows: choice.rows.map((row) => ({ ...row, name: row.name.trim(), articleId: row.articleId.trim() })) };
    case 'send':
      if (choice.by === 'email' && !/^\S+@\S+\.\S+$/.test(choice.email.trim())) return undefined;
      return { verb, ...seq, by: choice.by, ...(choice.by === 'email' ? { email: choice.email.trim() } : {}) };
    case 'adjust': {
      const { name, amount, vat } = choice.adjust;
      return name.trim() && amount ? { verb, ...seq, articleId: 'ADJUSTMENT', name: name.trim(), amount, vat } : undefined;
    }
    case 'add':
      return undefined;
    default:
      return { verb, ...seq };
  }
}

/** Which rows and how many of each; all of them at first. */
function Picker({
  part,
  currency,
  quantities,
  onChange,
}: {
  part: Part;
  currency: string;
  quantities: number[];
  onChange: (q: number[]) => void;
}) {
  const t = useT();
  const { money } = useFormats();
  const left = part.rows.map((row) => row.quantity - row.credited);
  return (
    <div className={styles.picker} role="group" aria-label={t('field.lines')}>
      <div className={styles.pickerHead}>
        <Button size="compact-sm" variant="subtle" onClick={() => onChange(left)}>
          {t('receivable.all')}
        </Button>
        <Button size="compact-sm" variant="subtle" onClick={() => onChange(left.map(() => 0))}>
          {t('receivable.noneOf')}
        </Button>
      </div>
      {part.rows.map((row, i) => (
        <div key={`${row.articleId}${row.unitPrice}`} className={styles.pick} data-off={left[i] === 0}>
          <span className={styles.pickName}>
            {row.name} <span className="dim">{row.articleId}</span>
          </span>
          <span className="dim">{money(row.unitPrice, currency)}</span>
          <NumberInput
            aria-label={`${t('field.quantity')}, ${row.name}`}
            size="sm"
            w={96}
            min={0}
            max={left[i]}
            allowDecimal={false}
            disabled={left[i] === 0}
            value={quantities[i]}
            onChange={(value) => onChange(quantities.map((q, j) => (j === i ? Math.min(Math.max(0, Number(value) || 0), left[i]!) : q)))}
          />
          <span className="dim">{t('receivable.of', { count: left[i]! })}</span>
        </div>
      ))}
    </div>
  );
}

/** The full new set: every row is here, because what is not sent is gone. */
function RowsEditor({ rows, currency, onChange }: { rows: RowInput[]; currency: string; onChange: (rows: RowInput[]) => void }) {
  const t = useT();
  const set = (at: number, patch: Partial<RowInput>) => onChange(rows.map((row, i) => (i === at ? { ...row, ...patch } : row)));
  return (
    <div className={styles.rows} role="group" aria-label={t('field.lines')}>
      <div className={styles.rowsHead} aria-hidden="true">
        <span>{t('receivable.article')}</span>
        <span>{t('field.what')}</span>
        <span>{t('field.quantity')}</span>
        <span>{`${t('field.priceGross')} (${currency})`}</span>
        <span>{t('field.rate')}</span>
        <span />
      </div>
      {rows.map((row, i) => {
        const label = (name: string) => `${name}, ${t('field.line')} ${i + 1}`;
        return (
          <div key={i} className={styles.row}>
            <TextInput
              aria-label={label(t('receivable.article'))}
              maxLength={50}
              value={row.articleId}
              onChange={(e) => set(i, { articleId: e.target.value })}
            />
            <TextInput
              aria-label={label(t('field.what'))}
              maxLength={50}
              value={row.name}
              onChange={(e) => set(i, { name: e.target.value })}
            />
            <NumberInput
              aria-label={label(t('field.quantity'))}
              min={1}
              allowDecimal={false}
              value={row.quantity}
              onChange={(value) => set(i, { quantity: Math.max(1, Number(value) || 1) })}
            />
            <DecimalInput aria-label={label(t('field.priceGross'))} value={row.unitPrice} onChange={(unitPrice) => set(i, { unitPrice })} />
            <DecimalInput aria-label={label(t('field.rate'))} suffix="%" value={row.vat} onChange={(vat) => set(i, { vat })} />
            <ActionIcon
              aria-label={label(t('common.delete'))}
              disabled={rows.length < 2}
              onClick={() => onChange(rows.filter((_, j) => j !== i))}
            >
              <Icon name="close" size={14} />
            </ActionIcon>
          </div>
        );
      })}
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<Icon name="plus" size={14} />}
        onClick={() =>
          onChange([
            ...rows,
            { articleId: `NEW-${rows.length + 1}`, name: t('receivable.newRow'), quantity: 1, unitPrice: '0.00', vat: '25' },
          ])
        }
      >
        {t('editor.addLine')}
      </Button>
    </div>
  );
}

/** Before and after, in figures. */
export function Preview({ claim, foresight }: { claim: Pick<Receivable, 'currency'>; foresight: Foresight | undefined }) {
  const t = useT();
  const { money, day, number } = useFormats();
  if (!foresight) return <div className={styles.preview} data-empty="true" aria-hidden="true" />;
  const { currency } = claim;
  const step = (name: 'pending' | 'active' | 'credited') =>
    foresight.before[name] !== foresight.after[name] && (
      <div key={name}>
        <dt>{t(`receivable.sum.${name}`)}</dt>
        <dd>
          {money(foresight.before[name], currency)} → <strong>{money(foresight.after[name], currency)}</strong>
        </dd>
      </div>
    );
  return (
    <section className={styles.preview} aria-label={t('receivable.preview')} aria-live="polite">
      <dl className={styles.previewFacts}>
        <div>
          <dt>{t('receivable.amountOf')}</dt>
          <dd>
            <strong>{money(foresight.amount.gross, currency)}</strong>
          </dd>
        </div>
        {foresight.amount.byRate.map((r) => (
          <div key={r.vat}>
            <dt>{t('receivable.vatOf', { rate: number(r.vat) })}</dt>
            <dd>{money(r.tax, currency)}</dd>
          </div>
        ))}
        {foresight.rest && (
          <div>
            <dt>{t('receivable.restStays')}</dt>
            <dd>{money(foresight.rest.gross, currency)}</dd>
          </div>
        )}
        {foresight.dueDate?.after && (
          <div>
            <dt>{t('receivable.dueAbout')}</dt>
            <dd>
              {foresight.dueDate.before && foresight.dueDate.before !== foresight.dueDate.after
                ? `${day(foresight.dueDate.before)} → `
                : ''}
              {day(foresight.dueDate.after)}
            </dd>
          </div>
        )}
        {(['pending', 'active', 'credited'] as const).map(step)}
      </dl>
    </section>
  );
}
