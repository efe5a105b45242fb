import { Button } from '@mantine/core';
import { type Key, useT } from '../texts.ts';
import styles from './editor.module.css';
import { type Conflict, differingPlaces } from './saved-draft.ts';

const words: Record<string, Key> = {
  buyer: 'field.buyer',
  taxIds: 'field.taxId',
  message: 'editor.message',
  method: 'field.payment',
  taxRate: 'field.rate',
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
        'paid',
        'payment',
        'phone',
        'postalCode',
        'quantity',
        'rate',
        'saleDate',
        'secondLanguage',
        'splitPayment',
        'street',
        'taxTreatment',
        'unit',
      ] as const
    ).map((name) => [name, `field.${name}`] as const),
  ),
};
const shownAtMost = 8;

/** Somebody else saved the document meanwhile: what they wrote beside what stands here, and the choice between the two. */
export function TwoVersions({ conflict, onTheirs, onMine }: { conflict: Conflict; onTheirs: () => void; onMine: () => void }) {
  const t = useT();
  const places = differingPlaces(conflict.theirs.content, conflict.mine);
  /** `lines.1.quantity` is "Rows 2, Qty": each step of the path that has a word, rows counted from one. */
  const place = (path: string) =>
    path
      .split('.')
      .flatMap((step) => (/^\d+$/.test(step) ? [String(Number(step) + 1)] : words[step] ? [t(words[step])] : []))
      .join(' ') || path;
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
                <th scope="row">{place(path)}</th>
                <td>{theirs || '–'}</td>
                <td>{mine || '–'}</td>
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
