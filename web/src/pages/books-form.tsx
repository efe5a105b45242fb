import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { BooksProfile } from '../../../src/domain/formats/jpk/profile.ts';
import { api } from '../api.ts';
import { useSession } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Failed, Lines, Section } from '../ui/page.tsx';
import styles from './month-end.module.css';

type TextField = {
  [K in keyof BooksProfile]-?: NonNullable<BooksProfile[K]> extends string
    ? string extends NonNullable<BooksProfile[K]>
      ? K
      : never
    : never;
}[keyof BooksProfile];

/** What the tax office wants to know of the seller beside what stands on documents. */
export function BooksForm({ missing }: { missing: string[] }) {
  const { data, error, refetch } = useQuery({ queryKey: ['books', 'profile'], queryFn: () => api.get<BooksProfile>('/books/profile') });
  const { t } = useTexts();
  return (
    <Section title={t('month.details')} about={t('month.detailsAbout')}>
      {error ? <Failed error={error} retry={() => void refetch()} /> : data ? <Form profile={data} missing={missing} /> : <Lines />}
    </Section>
  );
}

function Form({ profile, missing }: { profile: BooksProfile; missing: string[] }) {
  const { t } = useTexts();
  const { can } = useSession();
  const client = useQueryClient();
  const [typed, setTyped] = useState(profile);
  const save = useMutation({
    mutationFn: (next: BooksProfile) => api.put<BooksProfile>('/books/profile', next),
    onSuccess: (saved) => {
      setTyped(saved);
      toast({ text: t('common.saved'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['books'] });
    },
    onError: (e) => toast({ error: e }),
  });
  const field = (
    name: TextField,
    label: Key,
    more: { max: number; type?: string; placeholder?: string; numeric?: boolean } = { max: 60 },
  ) => (
    <TextInput
      name={name}
      label={t(label)}
      value={typed[name] ?? ''}
      maxLength={more.max}
      type={more.type}
      placeholder={more.placeholder}
      inputMode={more.numeric ? 'numeric' : undefined}
      error={missing.includes(`books.${name}`) && !typed[name] ? t('settings.missing') : undefined}
      onChange={(e) => setTyped((p) => ({ ...p, [name]: e.target.value || undefined }))}
    />
  );
  const own = { placeholder: t('month.fromCompany') };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(typed);
      }}
    >
      <fieldset disabled={!can('settings')} style={{ border: 0, padding: 0, margin: 0 }}>
        <div className={styles.fields}>
          {field('taxOffice', 'month.taxOffice', { max: 4, numeric: true, placeholder: '0000' })}
          {field('email', 'field.email', { max: 255, type: 'email' })}
          {field('phone', 'field.phone', { max: 16, type: 'tel' })}
          <NativeSelect
            name="filing"
            label={t('month.filing')}
            value={typed.filing}
            onChange={(e) => setTyped((p) => ({ ...p, filing: e.target.value as BooksProfile['filing'] }))}
            data={[
              { value: 'monthly', label: t('month.monthly') },
              { value: 'quarterly', label: t('month.quarterly') },
            ]}
          />
          <NativeSelect
            name="entity"
            label={t('month.entity')}
            value={typed.entity}
            onChange={(e) => setTyped((p) => ({ ...p, entity: e.target.value as BooksProfile['entity'] }))}
            data={[
              { value: 'company', label: t('month.company') },
              { value: 'person', label: t('month.person') },
            ]}
          />
          {typed.entity === 'person' && (
            <>
              {field('firstName', 'month.firstName', { max: 30 })}
              {field('lastName', 'month.lastName', { max: 81 })}
              {field('birthDate', 'month.birthDate', { max: 10, type: 'date' })}
            </>
          )}
          {field('voivodeship', 'month.voivodeship', { max: 36, ...own })}
          {field('county', 'month.county', { max: 36 })}
          {field('commune', 'month.commune', { max: 36 })}
          {field('street', 'field.street', { max: 65, ...own })}
          {field('houseNumber', 'month.houseNumber', { max: 9, ...own })}
          {field('flatNumber', 'month.flatNumber', { max: 10, ...own })}
          {field('postalCode', 'field.postalCode', { max: 8, ...own })}
          {field('city', 'field.city', { max: 56, ...own })}
          <NativeSelect
            name="withoutNumber"
            label={t('month.withoutNumber')}
            description={t('month.withoutNumberHint')}
            value={typed.withoutNumber}
            onChange={(e) => setTyped((p) => ({ ...p, withoutNumber: e.target.value as BooksProfile['withoutNumber'] }))}
            data={['OFF', 'DI']}
          />
        </div>
        <div className={styles.save}>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </fieldset>
    </form>
  );
}
