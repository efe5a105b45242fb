import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Organization, OrganizationPatch } from '../../../../src/api/schemas/index.ts';
import { isBankAccount } from '../../../../src/domain/parties/bank-account.ts';
import { checkTaxId, readTaxId, regimeOf } from '../../../../src/domain/regimes/index.ts';
import { isBankgiro, isPlusgiro } from '../../../../src/domain/regimes/se/identifiers.ts';
import { useSession } from '../../session.tsx';
import { languageNames, languages, useTexts } from '../../texts.ts';
import { changed } from '../../ui/changed.ts';
import { Findings } from '../../ui/findings.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Lines, Section } from '../../ui/page.tsx';
import { useCountryOptions } from '../party-editor.tsx';
import styles from '../settings.module.css';
import { useOrganization } from './use-organization.ts';

export default function Company() {
  const { data, error, refetch, save } = useOrganization();
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  return <Form key={data.id} organization={data} busy={save.isPending} onSave={save.mutate} />;
}

function Form({
  organization,
  busy,
  onSave,
}: {
  organization: Organization;
  busy: boolean;
  onSave: ReturnType<typeof useOrganization>['save']['mutate'];
}) {
  const { t } = useTexts();
  const { can } = useSession();
  const [general, setGeneral] = useState({
    name: organization.name,
    zone: organization.zone,
    language: organization.language,
    currency: organization.currency,
  });
  const [seller, setSeller] = useState(organization.seller);
  // What this form began with: only what was changed here is saved, for somebody else may have saved the rest meanwhile.
  const [before, setBefore] = useState(organization);
  const [taxId, setTaxId] = useState(taxIdText(organization));
  const [euNumber, setEuNumber] = useState(seller.taxIds.slice(1).find((id) => id.scheme === 'EU:VAT')?.value ?? '');
  const countries = useCountryOptions(organization.country);
  const regime = regimeOf(seller.country ?? organization.country);
  const taxIdOk = taxId === '' || readable(taxId, regime);
  const missing = (path: string) => organization.findings.some((f) => f.where === `seller.${path}` || f.where === path);
  // Told, not forbidden: an account abroad may be checked in a way unknown here.
  const checks: Record<string, (value: string) => boolean> = {
    bankAccount: (value) => isBankAccount(value, seller.country ?? organization.country),
    bankgiro: isBankgiro,
    plusgiro: isPlusgiro,
  };
  const wrong = (name: 'bankAccount' | 'bankgiro' | 'plusgiro' | (string & {})) => {
    const value = seller[name as 'bankAccount'];
    return Boolean(value && checks[name] && !checks[name](value));
  };
  const text = (
    name: 'street' | 'postalCode' | 'city' | 'email' | 'phone' | 'bankAccount' | 'bankName' | 'bic' | 'bankgiro' | 'plusgiro' | 'website',
    type?: string,
  ) => ({
    type,
    value: seller[name] ?? '',
    error: missing(name) && !seller[name] ? t('settings.missing') : wrong(name) ? t('settings.accountWrong') : undefined,
    onChange: (e: { target: { value: string } }) => setSeller((s) => ({ ...s, [name]: e.target.value || undefined })),
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const value = euNumber.replace(/[\s.-]/g, '').toUpperCase();
        const others = [...seller.taxIds.slice(1).filter((id) => id.scheme !== 'EU:VAT'), ...(value ? [{ scheme: 'EU:VAT', value }] : [])];
        const first = taxId === taxIdText(before) ? seller.taxIds.slice(0, 1) : taxId ? [readTaxId(taxId, organization.country)] : [];
        const filled = { ...seller, taxIds: [...first, ...others] };
        onSave({ ...changed(before, general), seller: changed(before.seller, filled) } as OrganizationPatch, {
          onSuccess: () => setBefore({ ...before, ...general, seller: filled }),
        });
      }}
    >
      <Findings items={organization.findings} />
      <fieldset disabled={!can('settings')} style={{ border: 0, padding: 0, margin: 0, display: 'contents' }}>
        <Section title={t('settings.seller')}>
          <div className={styles.row}>
            <TextInput
              label={t('setup.companyName')}
              value={seller.company ?? seller.name ?? ''}
              error={(missing('company') || missing('name')) && !(seller.company ?? seller.name) ? t('settings.missing') : undefined}
              onChange={(e) => setSeller((s) => ({ ...s, company: e.target.value || undefined, name: undefined }))}
            />
            <TextInput
              label={t('field.taxId')}
              value={taxId}
              onChange={(e) => setTaxId(e.target.value)}
              error={taxIdOk ? (missing('taxIds') && !taxId ? t('settings.missing') : undefined) : t('setup.taxIdWrong')}
            />
            {regime.euNumber.asked && (
              <TextInput
                label={t('settings.euNumber')}
                value={euNumber}
                onChange={(e) => setEuNumber(e.target.value)}
                error={
                  euNumber === '' || checkTaxId({ scheme: 'EU:VAT', value: euNumber })?.valid !== false ? undefined : t('setup.taxIdWrong')
                }
              />
            )}
          </div>
          <TextInput label={t('field.street')} {...text('street')} />
          <div className={styles.row}>
            <TextInput label={t('field.postalCode')} {...text('postalCode')} />
            <TextInput label={t('field.city')} {...text('city')} />
            {/* Whose law documents stand under is chosen once; for another country there is another organization. */}
            <NativeSelect label={t('field.country')} value={organization.country} disabled data={countries} />
          </div>
          <div className={styles.row}>
            <TextInput label={t('field.email')} {...text('email', 'email')} />
            <TextInput label={t('field.phone')} {...text('phone', 'tel')} />
            <TextInput label={t('field.website')} inputMode="url" {...text('website')} />
          </div>
          <Checkbox
            label={t('settings.exempt')}
            description={t('settings.exemptAbout')}
            checked={seller.exempt ?? false}
            onChange={(e) => setSeller((s) => ({ ...s, exempt: e.target.checked || undefined }))}
          />
          {organization.country !== 'SE' && (
            <Checkbox
              label={t('settings.cashAccounting')}
              description={t('settings.cashAccountingAbout')}
              checked={seller.cashAccounting ?? false}
              onChange={(e) => setSeller((s) => ({ ...s, cashAccounting: e.target.checked }))}
            />
          )}
        </Section>
        <Section title={t('settings.bank')}>
          <div className={styles.row}>
            <TextInput label={t('field.account')} {...text('bankAccount')} />
            <TextInput label={t('field.bank')} {...text('bankName')} />
            <TextInput label="BIC / SWIFT" {...text('bic')} />
          </div>
          {organization.country === 'SE' && (
            <div className={styles.row}>
              <TextInput label="Bankgiro" {...text('bankgiro')} />
              <TextInput label="Plusgiro" {...text('plusgiro')} />
            </div>
          )}
          <Textarea
            label={t('settings.register')}
            description={t('settings.registerAbout')}
            autosize
            minRows={2}
            value={seller.register ?? ''}
            onChange={(e) => setSeller((s) => ({ ...s, register: e.target.value || undefined }))}
          />
        </Section>
        <Section title={t('settings.general')}>
          <div className={styles.row}>
            <TextInput
              label={t('settings.organizationName')}
              description={t('settings.organizationNameAbout')}
              required
              withAsterisk={false}
              value={general.name}
              onChange={(e) => setGeneral((g) => ({ ...g, name: e.target.value }))}
            />
            <NativeSelect
              label={t('settings.documentLanguage')}
              value={general.language}
              onChange={(e) => setGeneral((g) => ({ ...g, language: e.target.value as typeof g.language }))}
              data={languages.map((l) => ({ value: l, label: languageNames[l] }))}
            />
            <NativeSelect
              label={t('field.currency')}
              value={general.currency}
              onChange={(e) => setGeneral((g) => ({ ...g, currency: e.target.value }))}
              data={[...new Set([general.currency, 'PLN', 'HUF', 'SEK', 'EUR'])]}
            />
            <NativeSelect
              label={t('settings.zone')}
              value={general.zone}
              onChange={(e) => setGeneral((g) => ({ ...g, zone: e.target.value }))}
              data={[...new Set([general.zone, 'Europe/Warsaw', 'Europe/Budapest', 'Europe/Stockholm', 'UTC'])]}
            />
          </div>
        </Section>
        <div className={`${styles.buttons} ${styles.end}`}>
          <Button type="submit" loading={busy} disabled={!taxIdOk}>
            {t('common.save')}
          </Button>
        </div>
      </fieldset>
    </form>
  );
}

const taxIdText = ({ seller }: Organization) => seller.taxIds[0]?.raw ?? seller.taxIds[0]?.value ?? '';
const readable = (text: string, regime: ReturnType<typeof regimeOf>): boolean =>
  regime.checkTaxId(text).valid || regime.classifyTaxId(text).valid;
