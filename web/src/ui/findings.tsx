import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { memo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { acceptable } from '../../../src/domain/documents/acceptable.ts';
import type { Found } from '../api.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import styles from './findings.module.css';
import { Icon } from './icon.tsx';

/** Where it is mended once for all documents that wait for it: a mapping, a series. */
export function placeOf({ code, where, params }: Found): { to: string; word: 'findings.toMapping' | 'findings.toSeries' } | undefined {
  if (code === 'H_MAPPING_MISSING' && params?.connectionId)
    return { to: `/connections/${params.connectionId}/mappings`, word: 'findings.toMapping' };
  if (params?.seriesId && where?.startsWith('series.'))
    return { to: `/settings/series?edit=${params.seriesId}`, word: 'findings.toSeries' };
  return undefined;
}

function Way({ found }: { found: Found }) {
  const t = useT();
  const place = placeOf(found);
  if (!place) return null;
  return (
    <Button size="compact-sm" variant="light" component={Link} to={place.to}>
      {t(place.word)}
    </Button>
  );
}

/** What stands in the way, in words, with what to do and the way to the field. */
export const Findings = memo(function Findings({
  items,
  onJump,
  onAccept,
  extra,
}: {
  items: Found[];
  onJump?: (where: string) => void;
  onAccept?: (code: string) => void;
  extra?: (found: Found) => ReactNode;
}) {
  const t = useT();
  const words = useFindingWords();
  if (items.length === 0) return null;
  const sorted = [...items].sort((a, b) => Number(b.level === 'hold') - Number(a.level === 'hold'));
  return (
    <ul className={styles.list}>
      {sorted.map((found, i) => {
        const { text, remedy } = words(found);
        const bad = found.level === 'hold' || found.level === 'reject' || found.level === 'file';
        return (
          <li key={`${found.code}${found.where ?? ''}${i}`} data-level={bad ? 'hold' : 'warning'}>
            <Icon name={bad ? 'cause' : 'alert'} size={17} />
            <div className={styles.words}>
              <div>{text}</div>
              {remedy && <div className={styles.remedy}>{remedy}</div>}
            </div>
            <div className={styles.ways}>
              <Way found={found} />
              {found.where && onJump && !placeOf(found) && (
                <Button size="compact-sm" variant="light" onClick={() => onJump(found.where!)}>
                  {t('findings.jump')}
                </Button>
              )}
              {onAccept && found.level === 'hold' && acceptable.has(found.code) && (
                <Button size="compact-sm" variant="subtle" onClick={() => onAccept(found.code)}>
                  {t('findings.accept')}
                </Button>
              )}
              {extra?.(found)}
              <Tooltip label={t('findings.explain')}>
                <ActionIcon
                  component={Link}
                  to={`/explain/${encodeURIComponent(found.code)}`}
                  size={26}
                  aria-label={`${t('findings.explain')}: ${text}`}
                >
                  <Icon name="help" size={15} />
                </ActionIcon>
              </Tooltip>
            </div>
          </li>
        );
      })}
    </ul>
  );
});
