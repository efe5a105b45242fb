import { Button } from '@mantine/core';
import { type Formats, useFormats } from '../format.ts';
import { type Key, type Language, languageNames, type Translate, useT } from '../texts.ts';
import styles from './editor.module.css';
import { type Conflict, differingPlaces } from './saved-draft.ts';

/** The word a form has for each step of a path; of a step without one (a scheme, a source) the step before it speaks. */
const words: Record<string, Key> = {
  accountingCurrency: 'field.currency',
  body: 'field.body',
  buyer: 'field.buyer',
  company: 'buyer.company',
  exchange: 'tax.exchange',
  message: 'editor.message',
  note: 'field.notes',
  paidAt: 'billing.billState.paid',
  receipt: 'kind.receipt',
  roundTo: 'proof.rounding',
  seller: 'settings.seller',
  subject: 'field.subject',
  taxIds: 'field.taxId',
  taxMethod: 'tax.method',
  termsDays: 'tax.terms',
  type: 'field.buyerType',
  unitPrice: 'field.price',
  ...Object.fromEntries(
    (
      [
        'city',
        'country',
        'currency',
        'dueDate',
        'email',
        'issueDate',
        'language',
        'lines',
        'name',
        'notes',
        'number',
        'paid',
        'payment',
        'phone',
        'postalCode',
        'quantity',
        'rate',
        'saleDate',
        'secondLanguage',
        'sku',
        'splitPayment',
        'street',
        'taxTreatment',
        'unit',
        'website',
      ] as const
    ).map((name) => [name, `field.${name}`] as const),
  ),
  recipient: 'editor.recipient',
};
/** Names of goods and of people are asked for by different words. */
const ofLines: Record<string, Key> = { name: 'field.what' };

/** `lines.1.quantity` is "Rows 2 Qty": each step of the path that has a word, rows counted from one; never a name from the program. */
export function placeOf(path: string, t: Translate): string {
  const steps = path.split('.');
  return steps
    .flatMap((step, i) => {
      // One thing is there once: only of rows and notes does it matter which.
      if (/^\d+$/.test(step)) return steps[i - 1] === 'taxIds' ? [] : [String(Number(step) + 1)];
      const key = (steps[0] === 'lines' ? ofLines[step] : undefined) ?? words[step];
      return key ? [t(key)] : [];
    })
    .join(' ');
}

/** A value as its field shows it: what is chosen from a list by its word there. */
export function wordsOf(
  path: string,
  value: string,
  t: Translate,
  { day, country, percent }: Pick<Formats, 'day' | 'country' | 'percent'>,
): string {
  const name = path.split('.').at(-1)!;
  if (value === '') return '–';
  if (value === 'true' || value === 'false') return t(value === 'true' ? 'common.yes' : 'common.no');
  if (name === 'language' || name === 'secondLanguage') return languageNames[value as Language] ?? value;
  if (name === 'country') return country(value);
  if (name === 'type') return t(value === 'company' ? 'buyer.isCompany' : 'buyer.person');
  if (name === 'means') return t(`means.${value as 'card'}`);
  if (name === 'taxTreatment') return t(`treatment.${value as 'domestic'}`);
  if (name === 'taxMethod') return t(`tax.${value as 'gross'}`);
  if (name === 'rate' && /^\d+(\.\d+)?$/.test(value)) return percent(Number(value) / 100);
  if (name === 'templateId') return '…';
  return /^\d{4}-\d\d-\d\d(T|$)/.test(value) ? day(value) : value;
}
const shownAtMost = 8;

/** Somebody else saved the document meanwhile: what they wrote beside what stands here, and the choice between the two. */
export function TwoVersions({ conflict, onTheirs, onMine }: { conflict: Conflict; onTheirs: () => void; onMine: () => void }) {
  const t = useT();
  const formats = useFormats();
  const places = differingPlaces(conflict.theirs.content, conflict.mine);
  // Of an issued document there is no version of mine to keep.
  const isOpen = conflict.theirs.state === 'to_issue' || conflict.theirs.state === 'refused';
  return (
    <div className={styles.conflict} role="alert">
      <span>{t('editor.conflict')}</span>
      {places.length > 0 && (
        <table>
          <thead>
            <tr>
              <td />
              <th scope="col">{t('editor.theirs')}</th>
              <th scope="col">{t('editor.mine')}</th>
            </tr>
          </thead>
          <tbody>
            {places.slice(0, shownAtMost).map(({ path, theirs, mine }) => (
              <tr key={path}>
                <th scope="row">{placeOf(path, t)}</th>
                <td>{wordsOf(path, theirs, t, formats)}</td>
                <td>{wordsOf(path, mine, t, formats)}</td>
              </tr>
            ))}
            {places.length > shownAtMost && (
              <tr>
                <td colSpan={3}>…</td>
              </tr>
            )}
          </tbody>
        </table>
      )}
      <div className={styles.versions}>
        <Button size="compact-sm" variant="light" onClick={onTheirs}>
          {t('editor.takeTheirs')}
        </Button>
        {isOpen && (
          <Button size="compact-sm" variant="light" onClick={onMine}>
            {t('editor.keepMine')}
          </Button>
        )}
      </div>
    </div>
  );
}
