import { memo, type RefObject, startTransition, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { DocumentContent, DocumentLine } from '../../../src/domain/documents/document.ts';
import { useFormats } from '../format.ts';
import { whenHandsRest } from '../keys.ts';
import { keyOfRate, rateFor, rateOptions } from '../rates.ts';
import { useTexts } from '../texts.ts';
import { Choice, DecimalInput, Field, type Option } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { useToday } from '../ui/today.ts';
import styles from './lines-editor.module.css';

type Props = {
  lines: DocumentLine[];
  country: string | undefined;
  currency: string;
  issueDate: string | undefined;
  taxMethod: DocumentContent['taxMethod'];
  wrong: (path: string) => boolean;
  onChange: (lines: DocumentLine[]) => void;
  /** Without a heading of its own. */
  bare?: boolean;
};

/** Rows of a document; amounts beside them are computed. A row that is a share of a whole amount (delivery) keeps to its goods' rates. */
export const LinesEditor = memo(function LinesEditor({ lines, country, currency, issueDate, taxMethod, wrong, onChange, bare }: Props) {
  const { t, language } = useTexts();
  const today = useToday();
  const day = issueDate ?? today;
  const rates = useMemo(() => rateOptions(country, language, day), [country, language, day]);
  const latest = useRef(lines);
  latest.current = lines;
  const set = useCallback(
    (id: string, patch: Partial<DocumentLine>) => onChange(latest.current.map((line) => (line.id === id ? { ...line, ...patch } : line))),
    [onChange],
  );
  const list = useRef<HTMLDivElement>(null);
  const drawn = useRowsDrawn(lines.length, list);
  // Who adds a row writes its name next; who takes one away stands at the row that took its place.
  const next = useRef<{ row: number; at: string }>(undefined);
  useEffect(() => {
    if (!next.current) return;
    const row = list.current?.querySelector(`[data-path="lines.${next.current.row}"]`);
    (row?.querySelector<HTMLElement>(next.current.at) ?? row?.querySelector('input'))?.focus();
    next.current = undefined;
  }, [lines.length]);
  const remove = useCallback(
    (id: string) => {
      const row = latest.current.findIndex((line) => line.id === id);
      next.current = { row: Math.min(row, latest.current.length - 2), at: 'button:enabled' };
      onChange(latest.current.filter((line) => line.id !== id));
    },
    [onChange],
  );
  const add = () => {
    next.current = { row: lines.length, at: 'input' };
    onChange([
      ...lines,
      {
        id: crypto.randomUUID(),
        kind: 'goods',
        name: '',
        quantity: '1',
        unit: lines[0]?.unit ?? '',
        unitPrice: '0.00',
        rate: lines.find((l) => l.rate)?.rate,
        net: '0.00',
        tax: '0.00',
        gross: '0.00',
      },
    ]);
  };
  return (
    <div ref={list} className={styles.lines} role="group" aria-label={t('field.lines')}>
      {!bare && <h3>{t('field.lines')}</h3>}
      <div className={styles.head} aria-hidden="true">
        <span>{t('field.what')}</span>
        <span>{t('field.quantity')}</span>
        <span>{t('field.unit')}</span>
        <span>{taxMethod === 'gross' ? t('field.priceGross') : t('field.priceNet')}</span>
        <span>{t('field.rate')}</span>
        <span className={styles.end}>{t('field.gross')}</span>
        <span />
      </div>
      {lines.slice(0, drawn).map((line, i) => (
        <Line
          key={line.id}
          line={line}
          at={i}
          country={country}
          currency={currency}
          rates={rates}
          // What is wrong, as text: a row is drawn anew when that changes and not whenever something else is judged.
          wrong={wrongOf(wrong, i)}
          only={lines.length < 2}
          set={set}
          remove={remove}
        />
      ))}
      {drawn < lines.length && <div aria-hidden="true" style={{ height: (lines.length - drawn) * rowPx }} />}
      <button type="button" onClick={add} className={styles.add}>
        <Icon name="plus" size={14} /> {t('editor.addLine')}
      </button>
    </div>
  );
});

/** A row with its gap, as tall as the place is that is kept for it. */
const rowPx = 42;
const seenAtOnce = 14;
const aFew = 8;
const restMs = 250;
const keyRestMs = 120;

/**
 * The rows that are seen at first; the others a few at a time once the hands rest, or all as soon as somebody scrolls there: who steps on
 * has not waited for hundreds of fields, and no key waits for more than a few.
 */
function useRowsDrawn(count: number, list: RefObject<HTMLElement | null>): number {
  const [drawn, setDrawn] = useState(count <= seenAtOnce ? Number.POSITIVE_INFINITY : seenAtOnce);
  useEffect(() => {
    if (drawn >= count) return;
    let rest: () => void = () => {};
    const timer = setTimeout(
      () => {
        rest = whenHandsRest(keyRestMs, () =>
          startTransition(() => setDrawn((n) => (n + aFew < count ? n + aFew : Number.POSITIVE_INFINITY))),
        );
      },
      drawn === seenAtOnce ? restMs : 0,
    );
    const now = ({ target }: Event) => target instanceof Node && target.contains(list.current) && setDrawn(Number.POSITIVE_INFINITY);
    window.addEventListener('scroll', now, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      rest();
      window.removeEventListener('scroll', now, { capture: true });
    };
  }, [count, drawn, list]);
  return Math.min(drawn, count);
}

const judged = ['name', 'quantity', 'unitPrice', 'rate'] as const;
const wrongOf = (wrong: (path: string) => boolean, at: number) => judged.filter((name) => wrong(`lines.${at}.${name}`)).join(' ');

const Line = memo(function Line({
  line,
  at,
  country,
  currency,
  rates,
  wrong,
  only,
  set,
  remove,
}: {
  line: DocumentLine;
  at: number;
  country: string | undefined;
  currency: string;
  rates: Option[];
  wrong: string;
  only: boolean;
  set: (id: string, patch: Partial<DocumentLine>) => void;
  remove: (id: string) => void;
}) {
  const { t } = useTexts();
  const { money } = useFormats();
  const path = `lines.${at}`;
  const label = (name: string) => `${name}, ${t('field.line')} ${at + 1}`;
  const key = keyOfRate(country, line.rate);
  const bad = (name: (typeof judged)[number]) => wrong.split(' ').includes(name);
  const options = useMemo(
    () => [
      ...(key ? [] : [{ value: '', label: '?' }]),
      ...(key && !rates.some((r) => r.value === key) ? [{ value: key, label: key }] : []),
      ...rates,
    ],
    [key, rates],
  );
  return (
    <div className={styles.line} data-path={path}>
      <Field
        className={styles.name}
        aria-label={label(t('field.what'))}
        data-path={`${path}.name`}
        value={line.name}
        error={bad('name')}
        onChange={(e) => set(line.id, { name: e.target.value })}
      />
      <DecimalInput
        aria-label={label(t('field.quantity'))}
        data-path={`${path}.quantity`}
        value={line.quantity}
        error={bad('quantity')}
        onChange={(quantity) => set(line.id, { quantity })}
      />
      <Field
        aria-label={label(t('field.unit'))}
        data-path={`${path}.unit`}
        value={line.unit}
        onChange={(e) => set(line.id, { unit: e.target.value })}
      />
      <DecimalInput
        aria-label={label(t('field.price'))}
        data-path={`${path}.unitPrice`}
        value={line.unitPrice}
        error={bad('unitPrice')}
        onChange={(unitPrice) => set(line.id, { unitPrice })}
      />
      <Choice
        aria-label={label(t('field.rate'))}
        data-path={`${path}.rate`}
        error={bad('rate')}
        value={key}
        onChange={(e) => set(line.id, { rate: rateFor(country, e.target.value), spread: undefined })}
        data={options}
      />
      <span className={styles.amount} title={money(line.gross, currency)}>
        {money(line.gross, currency)}
      </span>
      <button
        type="button"
        className={styles.remove}
        aria-label={label(t('common.delete'))}
        disabled={only}
        onClick={() => remove(line.id)}
      >
        <Icon name="close" size={14} />
      </button>
    </div>
  );
});
