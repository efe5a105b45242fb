import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useParams } from 'react-router';
import type { BuyerPage } from '../../../src/api/schemas/index.ts';
import { ApiError, api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { type Language, languageNames, languages, useTexts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Facts, Failed, Lines, Section } from '../ui/page.tsx';
import { AskForm, kindsFor } from './ask.tsx';
import styles from './desk.module.css';

/** What a buyer can do with his document without an account: look, download, ask. */
export default function Buyer() {
  const { t, language, setLanguage } = useTexts();
  const { token = '' } = useParams();
  const { money, day } = useFormats();
  const view = useQuery({ queryKey: ['buyer', token], queryFn: () => api.get<BuyerPage>(`/buyer/${token}`), retry: false });
  const d = view.data;
  const spoken = d?.language;
  // The language of the document, until the reader chooses one.
  useEffect(() => {
    if (spoken && !localStorage.getItem('fakturist.language')) setLanguage(spoken);
  }, [spoken]);
  useEffect(() => {
    if (d) document.title = `${d.number} · ${d.seller}`;
  }, [d]);
  const answered = view.error instanceof ApiError ? view.error.problem.status : 0;
  // A link cut short by a mail program is as dead as an old one.
  const status = answered === 400 || answered === 410 ? 404 : answered;
  return (
    <main className={styles.buyer}>
      <div className={styles.top}>
        <Icon name="lock" size={16} />
        <span>{d?.seller}</span>
        <NativeSelect
          size="xs"
          aria-label={t('shell.language')}
          value={language}
          onChange={(e) => setLanguage(e.target.value as Language)}
          data={languages.map((code) => ({ value: code, label: languageNames[code] }))}
        />
      </div>
      {!d && <h1 className="hidden">{t('buyer.title')}</h1>}
      {status === 404 || status === 429 ? (
        <Section>
          <Empty icon="link" title={status === 404 ? t('buyer.goneTitle') : t('buyer.limitedTitle')}>
            {status === 404 ? t('buyer.goneText') : t('buyer.limitedText')}
          </Empty>
        </Section>
      ) : isLost(view.error, d) ? (
        <Failed error={view.error} retry={() => void view.refetch()} />
      ) : !d ? (
        <Lines />
      ) : (
        <>
          <h1>{`${d.title} ${d.number}`}</h1>
          <Section>
            <div className={styles.item} style={{ paddingTop: 0 }}>
              <span className={styles.sum}>{money(d.gross, d.currency)}</span>
              <Button
                component="a"
                href={fileAddress(`/buyer/${token}/pdf`)}
                target="_blank"
                rel="noreferrer"
                leftSection={<Icon name="download" size={16} />}
              >
                {t('buyer.download')}
              </Button>
            </div>
            <Facts
              items={[
                [t('buyer.seller'), d.seller],
                [t('buyer.day'), day(d.issueDate)],
                [
                  t('buyer.buyer'),
                  [
                    d.buyer.company ?? d.buyer.name,
                    d.buyer.taxIds[0]?.value,
                    d.buyer.street,
                    [d.buyer.postalCode, d.buyer.city].filter(Boolean).join(' '),
                  ]
                    .filter(Boolean)
                    .join(', '),
                ],
              ]}
            />
          </Section>
          <Section title={t('buyer.help')}>
            <AskForm to={`/buyer/${token}/requests`} kinds={kindsFor(d.kind)} buyer={d.buyer} />
          </Section>
        </>
      )}
    </main>
  );
}
