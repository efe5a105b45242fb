import { Modal, useMantineColorScheme } from '@mantine/core';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { DocumentRow, OrderRow, Page, SetupState } from '../../src/api/schemas/index.ts';
import { api } from './api.ts';
import { useFormats } from './format.ts';
import { settingsParts } from './pages/settings-parts.ts';
import styles from './palette.module.css';
import { useSession } from './session.tsx';
import { demoPlace, settingsPlace, usePlaces } from './shell.tsx';
import { languageNames, languages, useTexts } from './texts.ts';
import { toast } from './toasts.tsx';
import { useReturnFocus } from './ui/dialog.tsx';
import { Icon, type IconName } from './ui/icon.tsx';
import { newDocument } from './ui/use-documents.ts';

type Entry = { id: string; group: string; icon: IconName; text: string; hint?: string; keys?: string; run: () => void };

/** Everything by its name: pages, actions, documents and orders. */
export default function Palette({ onClose, onSheet }: { onClose: () => void; onSheet: () => void }) {
  const { t, setLanguage } = useTexts();
  useReturnFocus();
  const { money } = useFormats();
  const navigate = useNavigate();
  const places = usePlaces();
  const { can } = useSession();
  const setup = useQueryClient().getQueryData<SetupState>(['setup']);
  const { setColorScheme } = useMantineColorScheme();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const asked = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ['palette', asked],
    enabled: asked.length >= 2,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const [documents, orders] = await Promise.all([
        api.get<Page<DocumentRow>>('/documents', { q: asked, limit: 8 }, signal),
        api.get<Page<OrderRow>>('/orders', { q: asked, limit: 5 }, signal),
      ]);
      return { documents: documents.items, orders: orders.items };
    },
  });

  const go = (to: string) => () => void navigate(to);
  const commands: Entry[] = [
    ...[...places.flatMap((p) => p.items), settingsPlace, ...(setup?.demo ? [demoPlace] : [])].map((p) => ({
      id: p.to,
      group: t('palette.pages'),
      icon: p.icon,
      text: t(p.label),
      keys: p.key ? `G ${p.key.toUpperCase()}` : undefined,
      run: go(p.to),
    })),
    ...settingsParts
      .filter((p) => !p.needs || can(p.needs))
      .map((p) => ({
        id: `/settings/${p.part}`,
        group: t('nav.settings'),
        icon: p.icon,
        text: t(p.title),
        run: go(`/settings/${p.part}`),
      })),
    ...(can('edit')
      ? [
          {
            id: 'new',
            group: t('palette.actions'),
            icon: 'plus' as const,
            text: t('toIssue.new'),
            run: () => void newDocument().then(navigate, (error: Error) => toast({ error })),
          },
        ]
      : []),
    { id: 'sheet', group: t('palette.actions'), icon: 'keyboard', text: t('keys.sheet'), keys: '?', run: onSheet },
    { id: 'light', group: t('palette.actions'), icon: 'sun', text: t('shell.schemeLight'), run: () => setColorScheme('light') },
    { id: 'dark', group: t('palette.actions'), icon: 'moon', text: t('shell.schemeDark'), run: () => setColorScheme('dark') },
    ...languages.map(
      (l): Entry => ({
        id: l,
        group: t('palette.actions'),
        icon: 'globe',
        text: `${t('shell.language')}: ${languageNames[l]}`,
        run: () => setLanguage(l),
      }),
    ),
  ];
  const needle = fold(text);
  const entries: Entry[] = [
    ...commands.filter((c) => fold(c.text).includes(needle)),
    ...(asked.length >= 2
      ? [
          ...(found.data?.documents ?? []).map(
            (d): Entry => ({
              id: d.id,
              group: t('nav.documents'),
              icon: 'document',
              text: [d.number ?? t(`kind.${d.kind}`), d.buyerName].filter(Boolean).join(' · '),
              hint: money(d.gross, d.currency),
              run: go(d.state === 'to_issue' ? `/to-issue?open=${d.id}` : `/documents/${d.id}`),
            }),
          ),
          ...(found.data?.orders ?? []).map(
            (o): Entry => ({
              id: o.id,
              group: t('nav.orders'),
              icon: 'order',
              text: [o.number ?? o.externalId, o.buyerName].filter(Boolean).join(' · '),
              hint: money(o.total, o.currency),
              run: go(`/orders/${o.id}`),
            }),
          ),
        ]
      : []),
  ];
  const current = Math.min(at, entries.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={600}
      yOffset="12vh"
      centered={false}
      attributes={{ content: { 'aria-label': t('shell.search') } }}
    >
      <div className={styles.head}>
        <Icon name="search" />
        <input
          className={styles.input}
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries[current] ? `palette-${current}` : undefined}
          aria-label={t('shell.search')}
          placeholder={t('palette.hint')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) setAt((current + step + entries.length) % Math.max(entries.length, 1));
            else if (event.key === 'Enter') run(entries[current]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <div ref={list} id="palette-list" role="listbox" aria-label={t('shell.search')} className={styles.list}>
        {entries.length === 0 && <div className={styles.none}>{t('common.nothingFound')}</div>}
        {entries.map((entry, i) => (
          <div key={`${entry.group}${entry.id}`} role="presentation">
            {entries[i - 1]?.group !== entry.group && <div className={styles.group}>{entry.group}</div>}
            <div
              id={`palette-${i}`}
              role="option"
              aria-selected={i === current}
              className={styles.entry}
              onMouseMove={() => setAt(i)}
              onClick={() => run(entry)}
            >
              <Icon name={entry.icon} size={16} />
              <span className="cut">{entry.text}</span>
              {entry.hint && <span className={styles.hint}>{entry.hint}</span>}
              {entry.keys && <kbd className={styles.kbd}>{entry.keys}</kbd>}
            </div>
          </div>
        ))}
      </div>
    </Modal>
  );
}

/** "lodz" finds "Łódź". */
const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').toLowerCase();
