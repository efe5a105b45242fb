import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { FindingText, FindingTexts } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { type Key, useTexts } from '../texts.ts';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import styles from './explain.module.css';

const mender: Record<string, Key> = {
  seller: 'mends.seller',
  buyer: 'mends.buyer',
  provider: 'mends.provider',
  authority: 'mends.authority',
  us: 'mends.us',
  nobody: 'mends.nobody',
};
const shownAtOnce = 60;

/** Everything that can stand in the way, in the reader's language: what happened, what to do, who can do it. Made from the texts themselves. */
export default function Explain() {
  const { code } = useParams();
  const { t, language } = useTexts();
  const holdTitle = useHoldTitle();
  const [search, setSearch] = useState('');
  const asked = useDeferredValue(search.trim().toLowerCase());
  const { data, error, refetch } = useQuery({
    queryKey: ['finding-texts'],
    queryFn: () => api.get<FindingTexts>('/finding-texts'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const one = code ? data?.items.find((item) => item.code === code) : undefined;
  const found = useMemo(
    () =>
      data?.items.filter((item) => `${item.code} ${item.text[language]} ${item.remedy?.[language] ?? ''}`.toLowerCase().includes(asked)) ??
      [],
    [data, asked, language],
  );
  return (
    <Page title={t('explain.title')} help="failures" about={t('explain.about')}>
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Lines />
      ) : (
        <>
          {one && (
            <Section
              title={holdTitle(one.code) ?? filled(one.text[language])}
              about={holdTitle(one.code) ? filled(one.text[language]) : undefined}
            >
              <Words item={one} />
            </Section>
          )}
          {code && !one && <Empty icon="help" title={t('explain.unknown', { code })} />}
          <TextInput
            type="search"
            aria-label={t('explain.search')}
            placeholder={t('explain.search')}
            leftSection={<Icon name="search" size={16} />}
            value={search}
            onChange={(e) => setSearch(e.target.value)}
          />
          <ul className={styles.codes}>
            {found.slice(0, shownAtOnce).map((item) => (
              <li key={item.code}>
                <Link to={`/explain/${encodeURIComponent(item.code)}`}>{filled(item.text[language])}</Link>
                <code>{item.code}</code>
              </li>
            ))}
          </ul>
          {found.length > shownAtOnce && <p className="dim">{t('explain.more', { count: found.length - shownAtOnce })}</p>}
          {found.length === 0 && <Empty icon="search" title={t('common.nothingFound')} />}
        </>
      )}
    </Page>
  );
}

function Words({ item }: { item: FindingText }) {
  const { t, language } = useTexts();
  return (
    <dl className={styles.words}>
      {item.remedy && (
        <div>
          <dt>{t('explain.remedy')}</dt>
          <dd>{filled(item.remedy[language])}</dd>
        </div>
      )}
      {mender[item.whoMends] && (
        <div>
          <dt>{t('explain.who')}</dt>
          <dd>{t(mender[item.whoMends]!)}</dd>
        </div>
      )}
      {item.page && (
        <div>
          <dt>{t('explain.where')}</dt>
          <dd>
            <Link to={item.page}>{t('explain.open')}</Link>
          </dd>
        </div>
      )}
      <div>
        <dt>{t('explain.code')}</dt>
        <dd>
          <code>{item.code}</code>
        </dd>
      </div>
    </dl>
  );
}

/** The sentence without the values of one document. */
const filled = (text: string) => text.replace(/\{\w+\}\.?(?=\s|$)|\{\w+\}/g, '…');
