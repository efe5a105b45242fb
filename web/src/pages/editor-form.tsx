import { Switch } from '@mantine/core';
import { memo } from 'react';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { noCurrency } from '../../../src/domain/money/money.ts';
import { languageNames, languages, useT } from '../texts.ts';
import { Choice, DayInput, DecimalInput, Field, Paragraph } from '../ui/fields.tsx';
import styles from './editor.module.css';
import type { Change } from './editor.tsx';
import { paymentMeans } from './payment-means.ts';

/** What an order may be in whose channel did not say it. */
const currencies = ['PLN', 'HUF', 'SEK', 'EUR', 'CZK', 'RON', 'DKK', 'NOK', 'GBP', 'CHF', 'USD'];
const changeableKinds = ['invoice', 'proforma', 'receipt'] as const;

/** The parts of the form beside parties and lines, each drawn anew when its own values change and not with each key. */
export const Kind = memo(
  function Kind({
    draft,
    busy,
    choosesCurrency,
    change,
    onKind,
  }: {
    draft: DocumentContent;
    /** The order told no currency. */
    choosesCurrency: boolean;
    busy: boolean;
    change: Change;
    onKind: (kind: string) => void;
  }) {
    const t = useT();
    const changeable = (changeableKinds as readonly string[]).includes(draft.kind);
    return (
      <div className={styles.row}>
        <Choice
          label={t('field.kind')}
          data-path="kind"
          value={draft.kind}
          disabled={!changeable || busy}
          onChange={(e) => onKind(e.target.value)}
          data={(changeable ? changeableKinds : [draft.kind]).map((k) => ({ value: k, label: t(`kind.${k}`) }))}
        />
        <Choice
          label={t('field.language')}
          data-path="language"
          value={draft.language}
          onChange={(e) => change({ language: e.target.value as DocumentContent['language'] })}
          data={languages.map((l) => ({ value: l, label: languageNames[l] }))}
        />
        <Choice
          label={t('field.secondLanguage')}
          data-path="secondLanguage"
          value={draft.secondLanguage ?? ''}
          onChange={(e) => change({ secondLanguage: (e.target.value || undefined) as DocumentContent['secondLanguage'] })}
          data={[
            { value: '', label: t('common.none') },
            ...languages.filter((l) => l !== draft.language).map((l) => ({ value: l, label: languageNames[l] })),
          ]}
        />
        {choosesCurrency && (
          <Choice
            label={t('field.currency')}
            data-path="currency"
            error={draft.currency === noCurrency}
            value={draft.currency === noCurrency ? '' : draft.currency}
            onChange={(e) => change({ currency: e.target.value })}
            data={[
              ...(draft.currency === noCurrency ? [{ value: '', label: t('editor.choose') }] : []),
              ...currencies.map((c) => ({ value: c, label: c })),
            ]}
          />
        )}
      </div>
    );
  },
  (a, b) =>
    a.busy === b.busy &&
    a.onKind === b.onKind &&
    a.draft.kind === b.draft.kind &&
    a.draft.currency === b.draft.currency &&
    a.draft.language === b.draft.language &&
    a.draft.secondLanguage === b.draft.secondLanguage,
);

export const isAbroad = ({ buyer, recipient, seller }: DocumentContent) =>
  [buyer.country, recipient?.country].some((country) => country !== undefined && country !== seller.country);

export const Days = memo(function Days({
  issueDate,
  saleDate,
  dueDate,
  payment,
  currency,
  taxTreatment,
  wrong,
  change,
}: Pick<DocumentContent, 'issueDate' | 'saleDate' | 'dueDate' | 'payment' | 'currency' | 'taxTreatment'> & {
  wrong: (path: string) => boolean;
  change: Change;
}) {
  const t = useT();
  return (
    <>
      <h3>{t('editor.days')}</h3>
      <div className={styles.row}>
        <DayInput
          label={t('field.issueDate')}
          data-path="issueDate"
          placeholder={t('editor.onIssue')}
          value={issueDate}
          onChange={(day) => change({ issueDate: day })}
          error={wrong('issueDate')}
        />
        <DayInput
          label={t('field.saleDate')}
          data-path="saleDate"
          value={saleDate}
          onChange={(day) => change({ saleDate: day })}
          error={wrong('saleDate')}
        />
        <DayInput
          label={t('field.dueDate')}
          data-path="dueDate"
          value={dueDate}
          onChange={(day) => change({ dueDate: day })}
          error={wrong('dueDate')}
        />
      </div>
      <div className={styles.row}>
        <Choice
          label={t('field.payment')}
          data-path="payment.means"
          value={payment.means}
          onChange={(e) => change({ payment: { ...payment, means: e.target.value as DocumentContent['payment']['means'] } })}
          data={paymentMeans.map((m) => ({ value: m, label: t(`means.${m}`) }))}
        />
        <DecimalInput
          label={t('field.paid')}
          data-path="payment.paid"
          value={payment.paid}
          suffix={currency}
          onChange={(paid) => change({ payment: { ...payment, paid } })}
          error={wrong('payment.paid')}
        />
        <Choice
          label={t('field.taxTreatment')}
          data-path="taxTreatment"
          error={wrong('taxTreatment')}
          value={taxTreatment ?? ''}
          onChange={(e) => change({ taxTreatment: e.target.value as DocumentContent['taxTreatment'] })}
          data={[
            // How a sale abroad is taxed is never guessed: it is open until somebody says it.
            ...(taxTreatment ? [] : [{ value: '', label: t('editor.choose') }]),
            ...(['domestic', 'intra_community', 'export', 'reverse_charge', 'destination'] as const).map((v) => ({
              value: v,
              label: t(`treatment.${v}`),
            })),
          ]}
        />
      </div>
    </>
  );
});

export const Words = memo(function Words({
  notes,
  message,
  splitPayment,
  wrong,
  change,
}: Pick<DocumentContent, 'notes' | 'message'> & {
  wrong: (path: string) => boolean;
  splitPayment: boolean | undefined;
  change: Change;
}) {
  const t = useT();
  return (
    <>
      <Paragraph
        label={t('field.notes')}
        data-path="notes"
        rows={2}
        value={notes.join('\n')}
        error={wrong('notes')}
        onChange={(e) => change({ notes: e.target.value ? e.target.value.split('\n') : [] })}
      />
      <details className={styles.more}>
        <summary>{t('editor.message')}</summary>
        <Field
          label={t('field.subject')}
          data-path="message.subject"
          error={wrong('message.subject')}
          value={message.subject ?? ''}
          onChange={(e) => change({ message: { ...message, subject: e.target.value || undefined } })}
          placeholder={t('editor.fromTemplate')}
        />
        <Paragraph
          label={t('field.body')}
          data-path="message.body"
          error={wrong('message.body')}
          rows={4}
          value={message.body ?? ''}
          onChange={(e) => change({ message: { ...message, body: e.target.value || undefined } })}
          placeholder={t('editor.fromTemplate')}
        />
        {splitPayment !== undefined && (
          <Switch
            label={t('field.splitPayment')}
            checked={splitPayment}
            onChange={(e) => change({ splitPayment: e.currentTarget.checked })}
          />
        )}
      </details>
    </>
  );
});
