import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Company, SetupInput } from '../../../src/api/schemas/index.ts';
import { readTaxId, regimeOf } from '../../../src/domain/regimes/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { type Language, useTexts } from '../texts.ts';
import { useProblemWords } from '../ui/problem.tsx';
import styles from './settings.module.css';

const countries = {
  PL: { zone: 'Europe/Warsaw', currency: 'PLN', language: 'pl' },
  HU: { zone: 'Europe/Budapest', currency: 'HUF', language: 'hu' },
  SE: { zone: 'Europe/Stockholm', currency: 'SEK', language: 'sv' },
} as const;
type Country = keyof typeof countries;
const ofLanguage: Record<Language, Country> = { pl: 'PL', hu: 'HU', sv: 'SE', en: 'PL' };
const empty = { company: '', taxId: '', street: '', postalCode: '', city: '' };

/** What is typed of a company that sells; its tax number is checked by the rules of its country while it is typed. */
export function useCompany() {
  const { language } = useTexts();
  const [country, setCountry] = useState<Country>(ofLanguage[language]);
  const [form, setForm] = useState(empty);
  const right = form.taxId === '' || regimeOf(country).checkTaxId(form.taxId).valid;
  return {
    country,
    setCountry,
    form,
    change: (more: Partial<typeof empty>) => setForm((before) => ({ ...before, ...more })),
    right,
    input: (email: string): SetupInput['organization'] => ({
      name: form.company,
      country,
      ...countries[country],
      ...(form.taxId ? { taxId: form.taxId } : {}),
      seller: {
        street: form.street || undefined,
        postalCode: form.postalCode || undefined,
        city: form.city || undefined,
        country,
        email,
        ...(form.taxId ? { taxIds: [readTaxId(form.taxId, country)] } : {}),
      },
    }),
  };
}

export function CompanyFields({ company }: { company: ReturnType<typeof useCompany> }) {
  const { t } = useTexts();
  const { country: countryName } = useFormats();
  const { country, setCountry, form, change, right } = company;
  const set = (name: keyof typeof empty) => ({
    value: form[name],
    onChange: (e: { target: { value: string } }) => change({ [name]: e.target.value }),
  });
  const problem = useProblemWords();
  const search = useMutation({
    mutationFn: () => api.get<Company>('/companies', { country, taxId: form.taxId }),
    onSuccess: ({ name, street = '', postalCode = '', city = '' }) => change({ company: name, street, postalCode, city }),
  });
  return (
    <>
      <div className={styles.row}>
        <NativeSelect
          label={t('field.country')}
          value={country}
          onChange={(e) => setCountry(e.target.value as Country)}
          data={Object.keys(countries).map((c) => ({ value: c, label: countryName(c) }))}
        />
        <TextInput
          label={t('field.taxId')}
          {...set('taxId')}
          error={right ? undefined : t('setup.taxIdWrong')}
          description={form.taxId && right ? t('setup.taxIdRight') : undefined}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          autoComplete="off"
        />
      </div>
      <div className={styles.buttons} aria-live="polite">
        <Button
          size="compact-sm"
          variant="light"
          disabled={!form.taxId || !right}
          loading={search.isPending}
          onClick={() => search.mutate()}
        >
          {t('setup.lookUp')}
        </Button>
        <span className="dim">
          {search.error ? problem(search.error) : search.data ? t('setup.found', { source: search.data.source }) : t('setup.lookUpAbout')}
        </span>
      </div>
      <TextInput label={t('setup.companyName')} required {...set('company')} autoComplete="organization" withAsterisk={false} />
      <TextInput label={t('field.street')} {...set('street')} autoComplete="street-address" />
      <div className={styles.row}>
        <TextInput label={t('field.postalCode')} {...set('postalCode')} autoComplete="postal-code" />
        <TextInput label={t('field.city')} {...set('city')} autoComplete="address-level2" />
      </div>
    </>
  );
}
