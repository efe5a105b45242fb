import { memo, useCallback, useMemo, useRef } from 'react';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { useFormats } from '../format.ts';
import { taxIdSchemeOf } from '../rates.ts';
import { useT } from '../texts.ts';
import { Choice, Either, Field } from '../ui/fields.tsx';
import styles from './editor.module.css';

type Buyer = DocumentContent['buyer'];
/** Countries first met by sellers here; any other that a document already names stays in the list. */
const countryCodes = [
  'PL',
  'HU',
  'SE',
  'CZ',
  'SK',
  'DE',
  'AT',
  'LT',
  'LV',
  'EE',
  'DK',
  'FI',
  'NO',
  'NL',
  'BE',
  'FR',
  'IT',
  'ES',
  'PT',
  'IE',
  'RO',
  'BG',
  'SI',
  'HR',
  'GR',
  'LU',
  'CY',
  'MT',
  'GB',
  'CH',
  'UA',
  'US',
];

export function useCountryOptions(current?: string): { value: string; label: string }[] {
  const { country } = useFormats();
  return useMemo(() => {
    const codes = current && !countryCodes.includes(current) ? [current, ...countryCodes] : countryCodes;
    return codes.map((value) => ({ value, label: country(value) }));
  }, [current, country]);
}

/** Who buys. Rendered anew when the party or what is wrong with it changes, and not with each key typed elsewhere. */
export const PartyEditor = memo(function PartyEditor({
  title,
  path,
  party,
  country,
  wrong,
  onChange,
}: {
  title: string;
  path: string;
  party: Buyer;
  country: string | undefined;
  wrong: (path: string) => boolean;
  onChange: (party: Buyer) => void;
}) {
  const t = useT();
  const options = useCountryOptions(party.country);
  const countries = useMemo(() => [{ value: '', label: '—' }, ...options], [options]);
  const latest = useRef(party);
  latest.current = party;
  const set = useCallback((patch: Partial<Buyer>) => onChange({ ...latest.current, ...patch }), [onChange]);
  const text = (name: 'street' | 'postalCode' | 'city' | 'email' | 'phone', label: string, type?: string) => (
    <Field
      label={label}
      type={type}
      data-path={`${path}.${name}`}
      autoComplete="off"
      value={party[name] ?? ''}
      error={wrong(`${path}.${name}`)}
      onChange={(e) => set({ [name]: e.target.value || undefined })}
    />
  );
  const first = party.taxIds[0];
  const isCompany = party.type === 'company';
  return (
    <div role="group" aria-label={title} className={styles.fields}>
      <div className={styles.partyHead}>
        <h3>{title}</h3>
        <Either
          label={t('field.buyerType')}
          data-path={`${path}.type`}
          value={party.type === 'company' ? 'company' : 'person'}
          onChange={(type) => set({ type })}
          data={[
            { value: 'company', label: t('buyer.isCompany') },
            { value: 'person', label: t('buyer.person') },
          ]}
        />
      </div>
      <div className={styles.row} data-fields={isCompany || first ? 'name' : 'one'}>
        {/* A company's name may stand in either field; what is typed here replaces both. */}
        <Field
          label={t('field.name')}
          data-path={`${path}.name`}
          autoComplete="off"
          value={party.company ?? party.name ?? ''}
          error={wrong(`${path}.name`) || wrong(`${path}.company`)}
          onChange={(e) => set({ name: e.target.value || undefined, company: undefined })}
        />
        {(isCompany || first) && (
          <Field
            label={t('field.taxId')}
            data-path={`${path}.taxIds`}
            autoComplete="off"
            error={wrong(`${path}.taxIds`)}
            value={first?.value ?? ''}
            onChange={(e) =>
              set({
                taxIds: e.target.value
                  ? [
                      { scheme: schemeFor(e.target.value, party.country ?? country, first?.scheme), value: e.target.value.trim() },
                      ...party.taxIds.slice(1),
                    ]
                  : party.taxIds.slice(1),
              })
            }
          />
        )}
      </div>
      <div className={styles.row} data-fields="address">
        {text('street', t('field.street'))}
        {text('postalCode', t('field.postalCode'))}
        {text('city', t('field.city'))}
      </div>
      <div className={styles.row}>
        <Choice
          label={t('field.country')}
          data-path={`${path}.country`}
          error={wrong(`${path}.country`)}
          value={party.country ?? ''}
          onChange={(e) => set({ country: e.target.value || undefined })}
          data={countries}
        />
        {text('email', t('field.email'), 'email')}
        {text('phone', t('field.phone'), 'tel')}
      </div>
    </div>
  );
});

/** By how the number begins, anew with each key: nobody knows by the first letter of "DE…" that it will be a VAT number of the Union. */
function schemeFor(value: string, country: string | undefined, before: string | undefined): string {
  if (/^[A-Z]{2}/i.test(value)) return 'EU:VAT';
  if (before && before !== 'EU:VAT' && before !== 'OTHER') return before;
  return ['PL', 'HU', 'SE'].includes(country ?? '') ? taxIdSchemeOf(country) : 'OTHER';
}
