import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { NavLink, useLocation, useNavigate } from 'react-router';
import type { Permission } from '../../src/api/permissions.ts';
import type { DocumentCount, SetupState } from '../../src/api/schemas/index.ts';
import { api } from './api.ts';
import { useFormats } from './format.ts';
import { keyCaps, useKeys } from './keys.ts';
import { lazy, onItsWay } from './lazy.ts';
import { useLiveUpdates } from './live.ts';
import { useSession } from './session.tsx';
import styles from './shell.module.css';
import { type Key, languageNames, languages, useTexts } from './texts.ts';
import { toast } from './toasts.tsx';
import { Icon, type IconName, Mark } from './ui/icon.tsx';

const NavDrawer = lazy(() => import('./nav-drawer.tsx'));
const Palette = lazy(() => import('./palette.tsx'));
const Shortcuts = lazy(() => import('./shortcuts.tsx'));

type Place = {
  to: string;
  label: Key;
  icon: IconName;
  key?: string;
  /** Shown to sellers of this country only. */
  country?: string;
  /** Not of every day: behind "more" until it is opened. */
  rare?: true;
  /** What one must be allowed to do for it to be of any use. */
  needs?: Permission;
};
export const places: { title?: Key; items: Place[] }[] = [
  {
    items: [
      { to: '/', label: 'nav.home', icon: 'home', key: 'h' },
      { to: '/to-issue', label: 'nav.toIssue', icon: 'queue', key: 'i' },
      { to: '/documents', label: 'nav.documents', icon: 'document', key: 'd' },
      { to: '/orders', label: 'nav.orders', icon: 'order', key: 'o' },
      { to: '/receivables', label: 'nav.receivables', icon: 'bank', key: 'w', country: 'SE' },
      { to: '/buyers', label: 'nav.buyers', icon: 'people', key: 'b' },
      { to: '/mail', label: 'nav.mail', icon: 'mail', key: 'm' },
      { to: '/import', label: 'nav.import', icon: 'import', key: 'p', needs: 'edit' },
    ],
  },
  {
    title: 'nav.watch',
    items: [
      { to: '/connections', label: 'nav.connections', icon: 'plug', key: 'c' },
      { to: '/causes', label: 'nav.causes', icon: 'cause', key: 'x' },
      { to: '/completeness', label: 'nav.completeness', icon: 'complete', key: 'k' },
      { to: '/month-end', label: 'nav.monthEnd', icon: 'calendar', key: 'e', needs: 'money' },
      { to: '/payments', label: 'nav.payments', icon: 'swap', key: 'y', rare: true, needs: 'money' },
      { to: '/desk', label: 'nav.desk', icon: 'help', key: 'q', rare: true },
      { to: '/backfill', label: 'nav.backfill', icon: 'backfill', key: 'f', rare: true, needs: 'edit' },
      { to: '/agents', label: 'nav.agents', icon: 'screen', key: 'g', rare: true },
      { to: '/activity', label: 'nav.activity', icon: 'activity', key: 'a', rare: true, needs: 'audit' },
      { to: '/billing', label: 'nav.billing', icon: 'store', key: 'l', rare: true, needs: 'money' },
    ],
  },
];
const rare = places.flatMap((group) => group.items.filter((p) => p.rare));
/** Pages that are of use to this person in this organization. */
export function usePlaces(): typeof places {
  const { organization, can } = useSession();
  return places.map(({ items, ...group }) => ({
    ...group,
    items: items.filter((p) => (!p.country || p.country === organization.country) && (!p.needs || can(p.needs))),
  }));
}
export const settingsPlace: Place = { to: '/settings', label: 'nav.settings', icon: 'settings', key: 's' };
export const demoPlace: Place = { to: '/demo', label: 'nav.demo', icon: 'bolt' };

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTexts();
  const { organization } = useSession();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  const { lost } = useLiveUpdates(organization.id);
  const said = useTitleSaid(pathname);
  useEffect(() => setOpen(false), [pathname]);
  const goTo = [...usePlaces().flatMap((p) => p.items), settingsPlace].filter((p) => p.key);
  useKeys('keys.everywhere', [
    { keys: 'mod+k', label: 'keys.palette', run: () => setPalette(true), always: true },
    { keys: '?', label: 'keys.sheet', run: () => setSheet(true) },
    ...goTo.map((p) => ({ keys: `g ${p.key}`, label: p.label, run: () => void navigate(p.to) })),
  ]);
  const side = <Side onSearch={() => setPalette(true)} onSheet={() => setSheet(true)} />;
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        {t('shell.skip')}
      </a>
      <aside className={styles.side}>{side}</aside>
      <header className={styles.bar}>
        <ActionIcon aria-label={t('shell.menu')} onClick={() => setOpen(true)}>
          <Icon name="menu" />
        </ActionIcon>
        <Mark size={22} />
        <span className={styles.word}>Fakturist</span>
        <ActionIcon aria-label={t('shell.search')} onClick={() => setPalette(true)} ml="auto">
          <Icon name="search" />
        </ActionIcon>
      </header>
      <div className={styles.lost} role="status">
        {lost && (
          <span>
            <Icon name="alert" size={16} /> {t('shell.lost')}
          </span>
        )}
      </div>
      <div className="hidden" role="status">
        {said}
      </div>
      <main id="main" className={styles.main} tabIndex={-1} data-path={pathname + search}>
        {children}
      </main>
      <Suspense fallback={onItsWay}>
        {open && <NavDrawer onClose={() => setOpen(false)}>{side}</NavDrawer>}
        {palette && <Palette onClose={() => setPalette(false)} onSheet={() => setSheet(true)} />}
        {sheet && <Shortcuts onClose={() => setSheet(false)} />}
      </Suspense>
    </div>
  );
}

/** A page that opens without a reload is named to those who cannot see it, and has the focus if nothing else has. */
function useTitleSaid(pathname: string): string {
  const [said, setSaid] = useState('');
  const first = useRef(pathname);
  useEffect(() => {
    if (first.current === pathname) return;
    first.current = '';
    const timer = setTimeout(() => {
      setSaid(document.title.replace(/ · Fakturist$/, ''));
      // The link or button that led here is gone: the next Tab begins with the page, not with the address bar.
      if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
    }, 400);
    return () => clearTimeout(timer);
  }, [pathname]);
  return said;
}

export const queueQuery = { states: 'to_issue,refused' } as const;

function Side({ onSearch, onSheet }: { onSearch: () => void; onSheet: () => void }) {
  const { t } = useTexts();
  const { number } = useFormats();
  const waiting = useQuery({ queryKey: ['count', queueQuery], queryFn: () => api.get<DocumentCount>('/documents/count', queueQuery) });
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => api.get<SetupState>('/setup'), staleTime: Number.POSITIVE_INFINITY });
  const { pathname } = useLocation();
  const [more, setMore] = useState(() => localStorage.getItem('fakturist.more') === 'on');
  // The page one is on is never hidden.
  const isOpen = more || rare.some((p) => pathname.startsWith(p.to));
  const toggleMore = () => {
    setMore(!isOpen);
    localStorage.setItem('fakturist.more', isOpen ? 'off' : 'on');
  };
  const link = (place: Place) => (
    <NavLink
      key={place.to}
      to={place.to}
      end={place.to === '/'}
      className={styles.link}
      title={place.key ? `G ${place.key.toUpperCase()}` : undefined}
    >
      <Icon name={place.icon} />
      <span className="cut">{t(place.label)}</span>
      {place.to === '/to-issue' && waiting.data && waiting.data.total > 0 && (
        <span className={styles.count}>
          {number(waiting.data.total)}
          {waiting.data.more ? '+' : ''}
        </span>
      )}
    </NavLink>
  );
  return (
    <nav className={styles.nav} aria-label={t('shell.menu')}>
      <div className={styles.brand}>
        <Mark />
        <span className={styles.word}>Fakturist</span>
      </div>
      <Organizations />
      <UnstyledButton className={styles.search} onClick={onSearch}>
        <Icon name="search" size={16} />
        <span className="cut">{t('shell.search')}</span>
        <kbd className={styles.kbd}>{keyCaps('mod+k')[0]!.join(' ')}</kbd>
      </UnstyledButton>
      <div className={styles.groups}>
        {usePlaces().map((group) => (
          <div key={group.title ?? ''} className={styles.group}>
            {group.title && <div className={styles.groupTitle}>{t(group.title)}</div>}
            {group.items.filter((p) => !p.rare).map(link)}
            {group.items.some((p) => p.rare) && (
              <>
                <UnstyledButton className={styles.link} aria-expanded={isOpen} onClick={toggleMore}>
                  <Icon name={isOpen ? 'up' : 'down'} />
                  <span className="cut">{t(isOpen ? 'nav.less' : 'nav.more')}</span>
                </UnstyledButton>
                {isOpen && group.items.filter((p) => p.rare).map(link)}
              </>
            )}
          </div>
        ))}
        <div className={styles.group}>
          {link(settingsPlace)}
          {setup.data?.demo && link(demoPlace)}
        </div>
      </div>
      <div className={styles.foot}>
        <Person />
        <SchemeSwitch />
        <Tooltip label={t('keys.sheet')}>
          <ActionIcon aria-label={t('keys.sheet')} onClick={onSheet}>
            <Icon name="keyboard" />
          </ActionIcon>
        </Tooltip>
      </div>
    </nav>
  );
}

const Organizations = memo(function Organizations() {
  const { t } = useTexts();
  const { me, organization, choose } = useSession();
  const navigate = useNavigate();
  const owns = me.organizations.some((o) => o.role === 'owner');
  if (me.organizations.length < 2 && !owns) return <div className={styles.organization}>{organization.name}</div>;
  return (
    <Menu width={232}>
      <Menu.Target>
        <UnstyledButton className={styles.organization} aria-label={`${t('shell.organization')}: ${organization.name}`}>
          <span className="cut">{organization.name}</span>
          <Icon name="updown" size={14} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {me.organizations.map((o) => (
          <Menu.Item
            key={o.id}
            onClick={() => choose(o.id)}
            rightSection={o.id === organization.id ? <Icon name="check" size={16} /> : undefined}
          >
            {o.name}
          </Menu.Item>
        ))}
        {owns && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<Icon name="plus" size={16} />} onClick={() => void navigate('/new-organization')}>
              {t('organization.add')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
});

const Person = memo(function Person() {
  const { t, language, setLanguage } = useTexts();
  const { me } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    await api.post('/api/auth/sign-out').catch((error: Error) => toast({ error }));
    client.clear();
    await navigate('/login');
  };
  return (
    <Menu width={220} position="top-start">
      <Menu.Target>
        <UnstyledButton className={styles.person} aria-label={`${t('shell.account')}: ${me.user.name || me.user.email}`}>
          <Icon name="user" />
          <span className="cut">{me.user.name || me.user.email}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {languages.map((code) => (
          <Menu.Item
            key={code}
            lang={code}
            closeMenuOnClick={false}
            onClick={() => {
              setLanguage(code);
              void api.patch('/me', { language: code }).catch(() => {});
            }}
            rightSection={code === language ? <Icon name="check" size={16} /> : undefined}
          >
            {languageNames[code]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="lock" size={16} />} onClick={() => void navigate('/settings/security')}>
          {t('settings.security')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="logout" size={16} />} onClick={() => void leave()}>
          {t('shell.logOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
});

export function SchemeSwitch() {
  const { t } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = { auto: 'light', light: 'dark', dark: 'auto' } as const;
  const icons = { auto: 'screen', light: 'sun', dark: 'moon' } as const;
  const names: Record<keyof typeof next, Key> = { auto: 'shell.schemeAuto', light: 'shell.schemeLight', dark: 'shell.schemeDark' };
  return (
    <Tooltip label={t(names[colorScheme])}>
      <ActionIcon aria-label={`${t('shell.scheme')}: ${t(names[colorScheme])}`} onClick={() => setColorScheme(next[colorScheme])}>
        <Icon name={icons[colorScheme]} />
      </ActionIcon>
    </Tooltip>
  );
}
