import { ActionIcon, Button, CloseButton, Menu, NativeSelect, Popover, TextInput, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { SavedView } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import styles from './filters.module.css';
import { Icon } from './icon.tsx';

type Option = { value: string; label: string };
export type Facet = {
  name: string;
  label: string;
  kind: 'choice' | 'day' | 'given';
  options?: Option[];
  /** How a value reads on its chip. */
  word?: (value: string) => string;
};
type Change = (set: Record<string, string | undefined>) => void;

export function SearchBox({
  value,
  onChange,
  label,
  inputRef,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  inputRef?: RefObject<HTMLInputElement | null>;
}) {
  const t = useT();
  const [text, setText] = useState(value);
  const asked = useRef(value);
  useEffect(() => {
    if (value !== asked.current) setText(value);
    asked.current = value;
  }, [value]);
  useEffect(() => {
    if (text === asked.current) return;
    const timer = setTimeout(() => {
      asked.current = text;
      onChange(text);
    }, 140);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <TextInput
      ref={inputRef}
      className={styles.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={16} />}
      rightSection={text ? <CloseButton size={26} aria-label={t('common.clear')} onClick={() => setText('')} /> : undefined}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => {
        // Enter takes what is found, Escape takes the search back; after either the keys are the list's again.
        if (event.key === 'Escape') setText('');
        else if (event.key !== 'Enter') return;
        event.currentTarget.blur();
        event.stopPropagation();
      }}
    />
  );
}

/** Filters in a pop-over, the active ones as chips that take themselves away, and the views people saved. */
export const Filters = memo(function Filters({
  page,
  facets,
  filter,
  change,
  children,
}: {
  page: string;
  facets: Facet[];
  filter: Record<string, string>;
  change: Change;
  children?: ReactNode;
}) {
  const t = useT();
  const { day } = useFormats();
  const active = facets.filter((f) => filter[f.name]);
  const word = (facet: Facet, value: string) =>
    facet.word?.(value) ?? (facet.kind === 'day' ? day(value) : facet.options?.find((o) => o.value === value)?.label) ?? value;
  return (
    <>
      <Popover width={300} position="bottom-start" trapFocus>
        <Popover.Target>
          <Button variant="default" leftSection={<Icon name="filter" size={16} />} className={styles.button}>
            <span className="spare">{t('filter.title')}</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={t('filter.title')}>
          <div className={styles.form}>
            {facets
              .filter((f) => f.kind !== 'given')
              .map((facet) =>
                facet.kind === 'day' ? (
                  <TextInput
                    key={facet.name}
                    type="date"
                    label={facet.label}
                    value={filter[facet.name] ?? ''}
                    onChange={(e) => change({ [facet.name]: e.target.value || undefined })}
                  />
                ) : (
                  <NativeSelect
                    key={facet.name}
                    label={facet.label}
                    value={filter[facet.name] ?? ''}
                    onChange={(e) => change({ [facet.name]: e.target.value || undefined })}
                    data={[{ value: '', label: t('filter.any') }, ...(facet.options ?? [])]}
                  />
                ),
              )}
          </div>
        </Popover.Dropdown>
      </Popover>
      <Views page={page} facets={facets} filter={filter} change={change} />
      {children}
      {active.length > 0 && (
        <ul className={styles.chips} aria-label={t('filter.active')}>
          {active.map((facet) => (
            <li key={facet.name}>
              <span className="cut">
                <span className="dim">{facet.label}: </span>
                {word(facet, filter[facet.name]!)}
              </span>
              <CloseButton
                size="xs"
                aria-label={t('filter.remove', { name: facet.label })}
                onClick={() => change({ [facet.name]: undefined })}
              />
            </li>
          ))}
          <li className={styles.bare}>
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              onClick={() => change(Object.fromEntries(active.map((f) => [f.name, undefined])))}
            >
              {t('filter.clear')}
            </Button>
          </li>
        </ul>
      )}
    </>
  );
});

function Views({ page, facets, filter, change }: { page: string; facets: Facet[]; filter: Record<string, string>; change: Change }) {
  const t = useT();
  const client = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const [params] = useSearchParams();
  const key = ['saved-views', page];
  const views = useQuery({
    queryKey: key,
    queryFn: () => api.get<{ items: SavedView[] }>('/saved-views', { page }),
    enabled: opened,
    staleTime: 60_000,
  });
  const done = () => client.invalidateQueries({ queryKey: key });
  const fail = (error: Error) => toast({ error });
  const remembered = ['q', 'sort', 'direction', 'held', 'states', ...facets.map((f) => f.name)];
  const save = useMutation({
    mutationFn: () =>
      api.post('/saved-views', {
        page,
        name: name.trim(),
        query: new URLSearchParams([...params].filter(([k]) => remembered.includes(k))).toString(),
      }),
    onSuccess: () => {
      setName('');
      return done();
    },
    onError: fail,
  });
  const remove = useMutation({ mutationFn: (id: string) => api.remove(`/saved-views/${id}`), onSuccess: done, onError: fail });
  const open = (view: SavedView) => {
    const wanted = new URLSearchParams(view.query);
    change(Object.fromEntries(remembered.map((n) => [n, wanted.get(n) ?? undefined])));
    setOpened(false);
  };
  const some = Object.keys(filter).length > 0;
  return (
    <Menu opened={opened} onChange={setOpened} width={270} closeOnItemClick={false}>
      <Menu.Target>
        <Tooltip label={t('views.title')}>
          <ActionIcon variant="default" size={36} aria-label={t('views.title')}>
            <Icon name="star" size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('views.title')}</Menu.Label>
        {views.data?.items.length === 0 && <div className={styles.none}>{t('views.none')}</div>}
        {views.data?.items.map((view) => (
          <div key={view.id} className={styles.view}>
            <Menu.Item onClick={() => open(view)}>{view.name}</Menu.Item>
            <CloseButton size={26} aria-label={t('common.deleteNamed', { name: view.name })} onClick={() => remove.mutate(view.id)} />
          </div>
        ))}
        {some && (
          <form
            className={styles.save}
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) save.mutate();
            }}
          >
            <TextInput
              size="xs"
              aria-label={t('views.name')}
              placeholder={t('views.name')}
              value={name}
              onChange={(e) => setName(e.target.value)}
              onKeyDown={(e) => e.stopPropagation()}
              maxLength={100}
            />
            <Button size="xs" type="submit" loading={save.isPending} disabled={!name.trim()}>
              {t('common.save')}
            </Button>
          </form>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
