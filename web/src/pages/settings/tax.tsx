import { ActionIcon, Button, Checkbox, NativeSelect, TagsInput, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Organization } from '../../../../src/api/schemas/index.ts';
import type { Policies } from '../../../../src/domain/documents/policies.ts';
import { regimeOf } from '../../../../src/domain/regimes/index.ts';
import { keyOfRate, rateFor, rateOptions } from '../../rates.ts';
import { useSession } from '../../session.tsx';
import { useTexts } from '../../texts.ts';
import { changed, changedWithin } from '../../ui/changed.ts';
import { Icon } from '../../ui/icon.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Lines, Section } from '../../ui/page.tsx';
import { useToday } from '../../ui/today.ts';
import styles from '../settings.module.css';
import { useOrganization } from './use-organization.ts';

/** Rules by which orders become documents: rates where the channel names none, dates, unpaid orders, buyers abroad. */
export default function Tax() {
  const { data, error, refetch, save } = useOrganization();
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  return <Form key={data.id} organization={data} save={save} />;
}

type StoredPolicies = Omit<Policies, 'seller' | 'zone'> & { maskedDomains?: string[]; digestTo?: string[]; exchangeUrl?: string | null };
type Book = Record<string, NonNullable<ReturnType<typeof rateFor>>>;
type Line = { key: string; rate: string };

function Form({ organization, save }: { organization: Organization; save: ReturnType<typeof useOrganization>['save'] }) {
  const { t, language } = useTexts();
  const { can } = useSession();
  const { country } = organization;
  const hasRates = regimeOf(country).rateService !== undefined;
  const stored = organization.policies as unknown as StoredPolicies;
  // What this form began with: only what was changed here is saved, for somebody else may have saved the rest meanwhile.
  const [before, setBefore] = useState(stored);
  const [policies, setPolicies] = useState(stored);
  const today = useToday();
  const rates = useMemo(() => rateOptions(country, language, today), [country, language, today]);
  const [books, setBooks] = useState({
    bySku: linesOf(stored.rates.bySku as Book, country),
    byCategory: linesOf(stored.rates.byCategory as Book, country),
  });
  const set = (patch: Partial<StoredPolicies>) => setPolicies((p) => ({ ...p, ...patch }));
  const delivery = typeof policies.deliveryRate === 'string' ? policies.deliveryRate : keyOfRate(country, policies.deliveryRate);
  const choice = (
    label: string,
    value: string,
    options: { value: string; label: string }[],
    onChange: (value: string) => void,
    description?: string,
  ) => (
    <NativeSelect
      label={label}
      description={description}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={value}
      onChange={(e) => onChange(e.target.value)}
      data={options}
    />
  );
  const book = (name: 'bySku' | 'byCategory') => (
    <Section title={t(`tax.${name}`)} about={t(`tax.${name}About`)}>
      {books[name].map((line, i) => (
        <div key={i} className={styles.buttons} style={{ flexWrap: 'nowrap' }}>
          <TextInput
            style={{ flex: 1 }}
            aria-label={`${t(`tax.${name}`)} ${i + 1}`}
            value={line.key}
            onChange={(e) => setBooks((b) => ({ ...b, [name]: b[name].map((l, j) => (j === i ? { ...l, key: e.target.value } : l)) }))}
          />
          <NativeSelect
            aria-label={`${t('field.rate')} ${i + 1}`}
            value={line.rate}
            onChange={(e) => setBooks((b) => ({ ...b, [name]: b[name].map((l, j) => (j === i ? { ...l, rate: e.target.value } : l)) }))}
            data={rates}
          />
          <ActionIcon
            aria-label={`${t('common.delete')} ${i + 1}`}
            onClick={() => setBooks((b) => ({ ...b, [name]: b[name].filter((_, j) => j !== i) }))}
          >
            <Icon name="close" size={16} />
          </ActionIcon>
        </div>
      ))}
      <Button
        style={{ alignSelf: 'flex-start' }}
        size="compact-sm"
        variant="subtle"
        leftSection={<Icon name="plus" size={14} />}
        onClick={() => setBooks((b) => ({ ...b, [name]: [...b[name], { key: '', rate: rates[0]?.value ?? '' }] }))}
      >
        {t('tax.add')}
      </Button>
    </Section>
  );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const rates = { ...policies.rates, bySku: bookOf(books.bySku, country), byCategory: bookOf(books.byCategory, country) };
        const filled: StoredPolicies = { ...policies, rates };
        const wish = changed(before, filled);
        if (wish.rates) wish.rates = changedWithin<StoredPolicies['rates']>(stored.rates, before.rates, rates);
        save.mutate({ policies: wish }, { onSuccess: () => setBefore(filled) });
      }}
    >
      <fieldset disabled={!can('settings')} style={{ border: 0, padding: 0, margin: 0, display: 'contents' }}>
        <Section title={t('tax.rates')}>
          <div className={styles.choices}>
            {choice(
              t('import.rate'),
              keyOfRate(country, policies.rates.default),
              [{ value: '', label: t('tax.rateNone') }, ...rates],
              (v) => set({ rates: { ...policies.rates, default: v ? rateFor(country, v) : undefined } }),
              t('import.rateAbout'),
            )}
            {choice(
              t('import.deliveryRate'),
              delivery,
              [{ value: 'proportional', label: t('import.proportional') }, { value: 'dominant', label: t('import.dominant') }, ...rates],
              (v) => set({ deliveryRate: v === 'proportional' || v === 'dominant' ? v : rateFor(country, v)! }),
            )}
            {choice(
              t('tax.method'),
              policies.taxMethod,
              [
                { value: 'gross', label: t('tax.gross') },
                { value: 'net', label: t('tax.net') },
              ],
              (v) => set({ taxMethod: v as 'gross' }),
            )}
          </div>
        </Section>
        {book('bySku')}
        {book('byCategory')}
        <Section title={t('tax.orders')}>
          <div className={styles.choices}>
            {choice(
              t('import.unpaid'),
              policies.unpaid,
              [
                { value: 'hold', label: t('import.unpaidHold') },
                { value: 'accept', label: t('import.unpaidIssue') },
              ],
              (v) => set({ unpaid: v as 'hold' }),
            )}
            {choice(
              t('tax.waiting'),
              policies.waiting,
              [
                { value: 'nothing', label: t('tax.waitingNothing') },
                { value: 'proforma', label: t('kind.proforma') },
              ],
              (v) => set({ waiting: v as 'nothing' }),
            )}
            {choice(
              t('tax.withoutRequest'),
              policies.withoutRequest,
              [
                { value: 'receipt', label: t('kind.receipt') },
                { value: 'invoice', label: t('kind.invoice') },
                { value: 'nothing', label: t('tax.noDocument') },
              ],
              (v) => set({ withoutRequest: v as 'receipt' }),
            )}
            {choice(
              t('field.saleDate'),
              policies.saleDate,
              (['automatic', 'order', 'payment', 'shipped'] as const).map((v) => ({ value: v, label: t(`saleDate.${v}`) })),
              (v) => set({ saleDate: v as 'automatic' }),
            )}
            <TextInput
              label={t('tax.terms')}
              type="number"
              min={0}
              max={365}
              value={policies.termsDays}
              onChange={(e) => set({ termsDays: Math.max(0, Math.min(365, Number(e.target.value) || 0)) })}
            />
            <TextInput
              label={t('tax.unit')}
              maxLength={20}
              value={policies.unit ?? ''}
              onChange={(e) => set({ unit: e.target.value || undefined })}
            />
          </div>
          <Checkbox
            label={t('tax.taxIdMeans')}
            checked={policies.taxIdMeansInvoice}
            onChange={(e) => set({ taxIdMeansInvoice: e.currentTarget.checked })}
          />
        </Section>
        <Section title={t('tax.abroad')} about={t('tax.abroadAbout')}>
          {policies.foreign.map((rule, i) => (
            <div key={i} className={styles.row}>
              <NativeSelect
                aria-label={`${t('field.country')} ${i + 1}`}
                value={rule.countries[0]}
                onChange={(e) => set({ foreign: policies.foreign.map((r, j) => (j === i ? { ...r, countries: [e.target.value] } : r)) })}
                data={[
                  { value: 'eu', label: t('tax.eu') },
                  { value: 'outside-eu', label: t('tax.outsideEu') },
                  { value: 'any', label: t('tax.anyCountry') },
                  ...rule.countries.filter((c) => c.length === 2).map((c) => ({ value: c, label: c })),
                ]}
              />
              <NativeSelect
                aria-label={`${t('field.buyerType')} ${i + 1}`}
                value={rule.buyer}
                onChange={(e) => set({ foreign: policies.foreign.map((r, j) => (j === i ? { ...r, buyer: e.target.value as 'any' } : r)) })}
                data={[
                  { value: 'any', label: t('filter.any') },
                  { value: 'company', label: t('buyer.isCompany') },
                  { value: 'person', label: t('buyer.person') },
                ]}
              />
              <div className={styles.buttons} style={{ flexWrap: 'nowrap' }}>
                <NativeSelect
                  style={{ flex: 1 }}
                  aria-label={`${t('field.taxTreatment')} ${i + 1}`}
                  value={rule.treatment}
                  onChange={(e) =>
                    set({
                      foreign: policies.foreign.map((r, j) => (j === i ? { ...r, treatment: e.target.value as typeof rule.treatment } : r)),
                    })
                  }
                  data={(['domestic', 'intra_community', 'export', 'reverse_charge', 'destination'] as const).map((v) => ({
                    value: v,
                    label: t(`treatment.${v}`),
                  }))}
                />
                <ActionIcon
                  aria-label={`${t('common.delete')} ${i + 1}`}
                  onClick={() => set({ foreign: policies.foreign.filter((_, j) => j !== i) })}
                >
                  <Icon name="close" size={16} />
                </ActionIcon>
              </div>
            </div>
          ))}
          <Button
            style={{ alignSelf: 'flex-start' }}
            size="compact-sm"
            variant="subtle"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => set({ foreign: [...policies.foreign, { countries: ['eu'], buyer: 'company', treatment: 'intra_community' }] })}
          >
            {t('tax.add')}
          </Button>
        </Section>
        {hasRates && (
          <Section title={t('tax.exchange')} about={t('tax.exchangeAbout')}>
            <TextInput
              type="url"
              label={t('tax.exchangeUrl')}
              placeholder="https://api.nbp.pl/api/"
              maxLength={300}
              value={policies.exchangeUrl ?? ''}
              onChange={(e) => set({ exchangeUrl: e.target.value.trim() || null })}
            />
          </Section>
        )}
        <Section title={t('tax.mail')}>
          <TagsInput
            label={t('tax.digest')}
            description={t('tax.digestAbout')}
            value={policies.digestTo ?? []}
            onChange={(digestTo) => set({ digestTo })}
            clearButtonProps={{ 'aria-label': t('common.clear') }}
          />
          <TagsInput
            label={t('tax.masked')}
            description={t('tax.maskedAbout')}
            value={policies.maskedDomains ?? []}
            onChange={(maskedDomains) => set({ maskedDomains })}
            clearButtonProps={{ 'aria-label': t('common.clear') }}
          />
        </Section>
        <div className={`${styles.buttons} ${styles.end}`}>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </fieldset>
    </form>
  );
}

const linesOf = (book: Book, country: string): Line[] =>
  Object.entries(book).map(([key, rate]) => ({ key, rate: keyOfRate(country, rate) }));
/** A rate that a rule gives says so: the source is kept on the line. */
const bookOf = (lines: Line[], country: string) =>
  Object.fromEntries(
    lines
      .filter((l) => l.key.trim())
      .flatMap((l) => {
        const rate = rateFor(country, l.rate);
        return rate ? [[l.key.trim(), { ...rate, source: 'rule' as const }]] : [];
      }),
  );
