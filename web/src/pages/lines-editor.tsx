import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import type { DocumentContent, DocumentLine } from '../../../src/domain/documents/document.ts';
import { useFormats } from '../format.ts';
import { keyOfRate, rateFor, rateOptions } from '../rates.ts';
import { useTexts } from '../texts.ts';
import { DecimalInput } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './lines-editor.module.css';

/** Rows of a document; amounts beside them are computed. A row that is a share of a whole amount (delivery) keeps to its goods' rates. */
export function LinesEditor({
  content,
  wrong,
  onChange,
  bare,
}: {
  content: DocumentContent;
  wrong: (path: string) => boolean;
  onChange: (lines: DocumentLine[]) => void /** Without a heading of its own. */;
  bare?: boolean;
}) {
  const { t, language } = useTexts();
  const { money } = useFormats();
  const country = content.seller.country;
  const day = content.issueDate ?? new Date().toISOString().slice(0, 10);
  const rates = useMemo(() => rateOptions(country, language, day), [country, language, day]);
  const set = (at: number, patch: Partial<DocumentLine>) =>
    onChange(content.lines.map((line, i) => (i === at ? { ...line, ...patch } : line)));
  const add = () =>
    onChange([
      ...content.lines,
      {
        id: crypto.randomUUID(),
        kind: 'goods',
        name: '',
        quantity: '1',
        unit: content.lines[0]?.unit ?? '',
        unitPrice: '0.00',
        rate: content.lines.find((l) => l.rate)?.rate,
        net: '0.00',
        tax: '0.00',
        gross: '0.00',
      },
    ]);
  return (
    <div className={styles.lines} role="group" aria-label={t('field.lines')}>
      {!bare && <h3>{t('field.lines')}</h3>}
      <div className={styles.head} aria-hidden="true">
        <span>{t('field.what')}</span>
        <span>{t('field.quantity')}</span>
        <span>{t('field.unit')}</span>
        <span>{content.taxMethod === 'gross' ? t('field.priceGross') : t('field.priceNet')}</span>
        <span>{t('field.rate')}</span>
        <span className={styles.end}>{t('field.gross')}</span>
        <span />
      </div>
      {content.lines.map((line, i) => {
        const path = `lines.${i}`;
        const label = (name: string) => `${name}, ${t('field.line')} ${i + 1}`;
        const key = keyOfRate(country, line.rate);
        return (
          <div key={line.id} className={styles.line} data-path={path}>
            <TextInput
              className={styles.name}
              aria-label={label(t('field.what'))}
              data-path={`${path}.name`}
              value={line.name}
              error={wrong(`${path}.name`)}
              onChange={(e) => set(i, { name: e.target.value })}
            />
            <DecimalInput
              aria-label={label(t('field.quantity'))}
              data-path={`${path}.quantity`}
              value={line.quantity}
              error={wrong(`${path}.quantity`)}
              onChange={(quantity) => set(i, { quantity })}
            />
            <TextInput
              aria-label={label(t('field.unit'))}
              data-path={`${path}.unit`}
              value={line.unit}
              onChange={(e) => set(i, { unit: e.target.value })}
            />
            <DecimalInput
              aria-label={label(t('field.price'))}
              data-path={`${path}.unitPrice`}
              value={line.unitPrice}
              error={wrong(`${path}.unitPrice`)}
              onChange={(unitPrice) => set(i, { unitPrice })}
            />
            <NativeSelect
              aria-label={label(t('field.rate'))}
              data-path={`${path}.rate`}
              error={wrong(`${path}.rate`)}
              value={key}
              onChange={(e) => set(i, { rate: rateFor(country, e.target.value), spread: undefined })}
              data={[
                ...(line.rate ? [] : [{ value: '', label: '?' }]),
                ...(key && !rates.some((r) => r.value === key) ? [{ value: key, label: key }] : []),
                ...rates,
              ]}
            />
            <span className={styles.amount}>{money(line.gross, content.currency)}</span>
            <ActionIcon
              size={28}
              aria-label={label(t('common.delete'))}
              disabled={content.lines.length < 2}
              onClick={() => onChange(content.lines.filter((_, j) => j !== i))}
            >
              <Icon name="close" size={14} />
            </ActionIcon>
          </div>
        );
      })}
      <Button size="compact-sm" variant="subtle" leftSection={<Icon name="plus" size={14} />} onClick={add} className={styles.add}>
        {t('editor.addLine')}
      </Button>
    </div>
  );
}
