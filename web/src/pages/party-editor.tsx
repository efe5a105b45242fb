import { NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { useFormats } from '../format.ts';
import { taxIdSchemeOf } from '../rates.ts';
import { useT } from '../texts.ts';
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
  const codes = current && !countryCodes.includes(current) ? [current, ...countryCodes] : countryCodes;
  return codes.map((value) => ({ value, label: country(value) }));
}

export function PartyEditor({
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
  const set = (patch: Partial<Buyer>) => onChange({ ...party, ...patch });
  const text = (name: 'street' | 'postalCode' | 'city' | 'email' | 'phone', label: string, type?: string) => (
    <TextInput
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
      <div style={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 10 }}>
        <h3>{title}</h3>
        <SegmentedControl
          size="xs"
          aria-label={t('field.buyerType')}
          data-path={`${path}.type`}
          value={party.type}
          onChange={(type) => set({ type: type as Buyer['type'] })}
          data={[
            { value: 'company', label: t('buyer.isCompany') },
            { value: 'person', label: t('buyer.person') },
          ]}
        />
      </div>
      <div className={styles.row} data-fields={isCompany || first ? 'name' : 'one'}>
        {/* A company's name may stand in either field; what is typed here replaces both. */}
        <TextInput
          label={t('field.name')}
          data-path={`${path}.name`}
          autoComplete="off"
          value={party.company ?? party.name ?? ''}
          error={wrong(`${path}.name`) || wrong(`${path}.company`)}
          onChange={(e) => set({ name: e.target.value || undefined, company: undefined })}
        />
        {(isCompany || first) && (
          <TextInput
            label={t('field.taxId')}
            data-path={`${path}.taxIds`}
            autoComplete="off"
            error={wrong(`${path}.taxIds`)}
            value={first?.value ?? ''}
            onChange={(e) =>
              set({
                taxIds: e.target.value
                  ? [
                      { scheme: first?.scheme ?? schemeFor(e.target.value, party.country ?? country), value: e.target.value.trim() },
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
        <NativeSelect
          label={t('field.country')}
          data-path={`${path}.country`}
          error={wrong(`${path}.country`)}
          value={party.country ?? ''}
          onChange={(e) => set({ country: e.target.value || undefined })}
          data={[{ value: '', label: '—' }, ...options]}
        />
        {text('email', t('field.email'), 'email')}
        {text('phone', t('field.phone'), 'tel')}
      </div>
    </div>
  );
}

function schemeFor(value: string, country: string | undefined): string {
  return /^[A-Z]{2}/i.test(value) ? 'EU:VAT' : ['PL', 'HU', 'SE'].includes(country ?? '') ? taxIdSchemeOf(country) : 'OTHER';
}
