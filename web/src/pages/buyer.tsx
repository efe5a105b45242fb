import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { BuyerPage } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { Facts, Failed, Lines, Section } from '../ui/page.tsx';
import styles from './payments.module.css';

type Asked = { state: 'done' | 'open' | 'refused'; outcome: string };

/** What a buyer can do with his document without an account: look, download, ask. */
export default function Buyer() {
  const t = useT();
  const { token = '' } = useParams();
  const { money, day } = useFormats();
  const [kind, setKind] = useState<'again' | 'mend' | 'report' | 'invoice'>('again');
  const [said, setSaid] = useState('');
  const [taxId, setTaxId] = useState('');
  const [company, setCompany] = useState('');
  const view = useQuery({ queryKey: ['buyer', token], queryFn: () => api.get<BuyerPage>(`/buyer/${token}`), retry: false });
  const ask = useMutation({
    mutationFn: () => {
      const buyer = view.data!.buyer;
      const party =
        kind === 'mend' || kind === 'invoice'
          ? {
              ...(company && { company }),
              taxIds: taxId ? [{ scheme: buyer.taxIds[0]?.scheme ?? 'PL:NIP', value: taxId.replace(/[\s-]/g, '') }] : [],
            }
          : undefined;
      return api.post<Asked>(`/buyer/${token}/requests`, { kind, said: said || undefined, party });
    },
  });
  const d = view.data;
  const kinds = (
    ['again', 'mend', 'report', ...(d?.kind === 'receipt' || d?.kind === 'proforma' ? (['invoice'] as const) : [])] as const
  ).map((value) => ({ value, label: t(`buyer.kind.${value}`) }));
  return (
    <main style={{ maxWidth: 720, margin: '0 auto', padding: '32px 16px' }}>
      {view.error ? (
        <Failed error={view.error} />
      ) : !d ? (
        <Lines />
      ) : (
        <>
          <h1>{`${d.title} ${d.number}`}</h1>
          <Section>
            <Facts
              items={[
                [t('buyer.seller'), d.seller],
                [t('buyer.day'), day(d.issueDate)],
                [t('payments.amount'), money(d.gross, d.currency)],
                [
                  t('buyer.buyer'),
                  [d.buyer.company ?? d.buyer.name, d.buyer.taxIds[0]?.value, d.buyer.street, d.buyer.postalCode, d.buyer.city]
                    .filter(Boolean)
                    .join(', '),
                ],
              ]}
            />
            <div>
              <Button
                component="a"
                href={fileAddress(`/buyer/${token}/pdf`)}
                target="_blank"
                leftSection={<Icon name="download" size={16} />}
              >
                {t('buyer.download')}
              </Button>
            </div>
          </Section>
          <Section title={t('buyer.help')}>
            {ask.data ? (
              <p role="status">{t(`buyer.outcome.${ask.data.outcome as 'task'}`)}</p>
            ) : (
              <form
                className={styles.statement}
                onSubmit={(event) => {
                  event.preventDefault();
                  ask.mutate();
                }}
              >
                <SegmentedControl
                  fullWidth
                  aria-label={t('buyer.help')}
                  value={kind}
                  onChange={(value) => setKind(value as 'again')}
                  data={kinds}
                />
                {(kind === 'mend' || kind === 'invoice') && (
                  <>
                    <TextInput
                      label={t('buyer.company')}
                      value={company}
                      onChange={(e) => setCompany(e.target.value)}
                      placeholder={d.buyer.company ?? d.buyer.name}
                    />
                    <TextInput
                      label={t('field.taxId')}
                      value={taxId}
                      onChange={(e) => setTaxId(e.target.value)}
                      placeholder={d.buyer.taxIds[0]?.value}
                    />
                  </>
                )}
                {kind !== 'again' && (
                  <Textarea
                    label={t('buyer.said')}
                    autosize
                    minRows={3}
                    maxLength={2000}
                    value={said}
                    onChange={(e) => setSaid(e.target.value)}
                  />
                )}
                {ask.error && <Failed error={ask.error} />}
                <Button type="submit" loading={ask.isPending} style={{ alignSelf: 'flex-start' }}>
                  {t('action.send')}
                </Button>
              </form>
            )}
          </Section>
        </>
      )}
    </main>
  );
}
