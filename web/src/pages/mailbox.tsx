import { UnstyledButton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DemoMail } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines } from '../ui/page.tsx';
import { PdfView } from '../ui/pdf.tsx';
import styles from './mailbox.module.css';

type Head = Omit<DemoMail, 'text' | 'html' | 'files'> & { files: number };

/** The development mailbox: each mail as its reader would see it, with its PDF. */
export default function Mailbox() {
  const t = useT();
  const { ago, bytes } = useFormats();
  const [chosen, setChosen] = useState<string>();
  const [pdf, setPdf] = useState<number>();
  const { data, error, refetch } = useQuery({
    queryKey: ['mailbox'],
    queryFn: () => api.get<{ items: Head[] }>('/demo/mailbox'),
    refetchInterval: 4000,
  });
  const id = data?.items.find((m) => m.id === chosen)?.id ?? data?.items[0]?.id;
  const { data: mail } = useQuery({
    queryKey: ['mailbox', id],
    queryFn: () => api.get<DemoMail>(`/demo/mailbox/${encodeURIComponent(id!)}`),
    enabled: id !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  if (data.items.length === 0)
    return (
      <Empty icon="mail" title={t('mail.boxEmpty')}>
        {t('mail.boxEmptyText')}
      </Empty>
    );
  const file = pdf === undefined ? undefined : mail?.files[pdf];
  const path = (index: number) => `/demo/mailbox/${encodeURIComponent(id ?? '')}/files/${index}`;
  return (
    <div className={styles.box}>
      <ul className={styles.list} aria-label={t('mail.mailbox')}>
        {data.items.map((m) => (
          <li key={m.id}>
            <UnstyledButton
              className={styles.entry}
              aria-current={m.id === id}
              onClick={() => {
                setChosen(m.id);
                setPdf(undefined);
              }}
            >
              <span className={styles.who}>
                <span className="cut">{m.recipients.join(', ')}</span>
                <time dateTime={m.receivedAt}>{ago(m.receivedAt)}</time>
              </span>
              <span className="cut">{m.subject}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {!mail ? (
        <Lines />
      ) : (
        <article className={styles.mail}>
          <h2>{mail.subject}</h2>
          <p className="dim">
            {mail.from} → {mail.recipients.join(', ')}
          </p>
          <div className={styles.files}>
            {mail.files.map((f, i) => (
              <span key={f.fileName} className={styles.file}>
                <UnstyledButton onClick={() => setPdf(pdf === i ? undefined : i)} aria-expanded={pdf === i}>
                  <Icon name="document" size={16} /> {f.fileName} <span className="dim">{bytes(f.sizeBytes)}</span>
                </UnstyledButton>
                <a href={fileAddress(path(i))} download={f.fileName} aria-label={`${t('action.download')}: ${f.fileName}`}>
                  <Icon name="download" size={16} />
                </a>
              </span>
            ))}
          </div>
          {file ? (
            <div className={styles.pdf}>
              <PdfView title={file.fileName} marker={path(pdf!)} load={(signal) => api.blob('GET', path(pdf!), { signal })} />
            </div>
          ) : (
            <iframe
              className={styles.html}
              sandbox=""
              title={mail.subject}
              srcDoc={
                mail.html ||
                `<pre style="white-space:pre-wrap;overflow-wrap:anywhere;font:16px/1.5 system-ui">${mail.text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)}</pre>`
              }
            />
          )}
        </article>
      )}
    </div>
  );
}
