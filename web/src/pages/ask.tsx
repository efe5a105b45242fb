import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Ask, Asked, BuyerPage } from '../../../src/api/schemas/index.ts';
import { ApiError, api } from '../api.ts';
import { useT } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import ProblemWords from '../ui/problem.tsx';
import styles from './desk.module.css';

type AskKind = Ask['kind'];
type Party = BuyerPage['buyer'];

const schemes: Record<string, string> = { PL: 'PL:NIP', HU: 'HU:ADOSZAM', SE: 'SE:ORGNR' };

/** What can be asked about a document, by its buyer's link or from a customer's panel, and what came of it. */
export function AskForm({ to, kinds, buyer }: { to: string; kinds: AskKind[]; buyer: Party }) {
  const t = useT();
  const narrow = useMediaQuery('(max-width: 560px)');
  const [kind, setKind] = useState<AskKind>(kinds[0]!);
  const [said, setSaid] = useState('');
  const [known] = useState({
    name: buyer.company ?? buyer.name ?? '',
    taxId: buyer.taxIds[0]?.value ?? '',
    street: buyer.street ?? '',
    postalCode: buyer.postalCode ?? '',
    city: buyer.city ?? '',
  });
  const [data, setData] = useState(known);
  const withData = kind === 'mend' || kind === 'invoice';
  const ask = useMutation({
    mutationFn: () => {
      const changed = (name: keyof typeof data) => (data[name].trim() !== known[name] ? data[name].trim() : undefined);
      const value = changed('taxId')?.replace(/[\s-]/g, '');
      const scheme = buyer.taxIds[0]?.scheme ?? schemes[buyer.country ?? ''] ?? 'PL:NIP';
      const company = buyer.company !== undefined || data.taxId.trim() !== '';
      // Only what is to be other than it was: the rest stays as the last correction left it.
      const party = {
        [company ? 'company' : 'name']: changed('name'),
        street: changed('street'),
        postalCode: changed('postalCode'),
        city: changed('city'),
        taxIds: value ? [{ scheme, value }] : [],
      };
      return api.post<Asked>(to, { kind, said: said.trim() || undefined, ...(withData && { party }) });
    },
  });
  if (ask.data && ask.data.state !== 'refused')
    return (
      <div className={styles.outcome} role="status">
        <Icon name="check" />
        <span>{t(`buyer.outcome.${ask.data.outcome as 'task'}`)}</span>
      </div>
    );
  const field = (name: keyof typeof data, label: string, autoComplete: string) => (
    <TextInput
      label={label}
      value={data[name]}
      autoComplete={autoComplete}
      onChange={(e) => setData({ ...data, [name]: e.target.value })}
      className={name === 'name' || name === 'street' ? styles.wideField : undefined}
    />
  );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate();
      }}
    >
      <SegmentedControl
        orientation={narrow ? 'vertical' : 'horizontal'}
        fullWidth
        aria-label={t('buyer.help')}
        value={kind}
        onChange={(value) => {
          setKind(value as AskKind);
          ask.reset();
        }}
        data={kinds.map((value) => ({ value, label: t(`buyer.kind.${value}`) }))}
      />
      <p className="dim">{t(`buyer.about.${kind}`)}</p>
      {withData && (
        <div className={styles.fields}>
          {field('name', t('buyer.company'), 'organization')}
          {field('taxId', t('field.taxId'), 'off')}
          {field('street', t('buyer.street'), 'street-address')}
          {field('postalCode', t('buyer.postalCode'), 'postal-code')}
          {field('city', t('buyer.city'), 'address-level2')}
        </div>
      )}
      {kind !== 'again' && (
        <Textarea
          label={t('buyer.said')}
          autosize
          minRows={3}
          maxLength={2000}
          required={kind === 'report'}
          withAsterisk={false}
          value={said}
          onChange={(e) => setSaid(e.target.value)}
        />
      )}
      {ask.data?.state === 'refused' && (
        <div className={styles.refused} role="alert">
          {t(`buyer.outcome.${ask.data.outcome as 'task'}`)}
        </div>
      )}
      {ask.error && (
        <div className={styles.refused} role="alert">
          {ask.error instanceof ApiError && ask.error.problem.status === 400 ? t('buyer.dataWrong') : <ProblemWords error={ask.error} />}
        </div>
      )}
      <Button type="submit" loading={ask.isPending} style={{ alignSelf: 'flex-start' }}>
        {t('action.send')}
      </Button>
    </form>
  );
}

/** An invoice need not be asked for again; a receipt or a proforma may become one. */
export const kindsFor = (kind: string): AskKind[] => [
  'again',
  'mend',
  'report',
  ...(kind === 'receipt' || kind === 'proforma' ? (['invoice'] as const) : []),
];
