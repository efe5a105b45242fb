import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';

type SessionRow = { id: string; token: string; createdAt: string; updatedAt: string; ipAddress?: string | null; userAgent?: string | null };
type Current = { session: { token: string } } | null;

/** One's own account: password, second factor, where one is signed in. */
export default function Security() {
  return (
    <>
      <Password />
      <SecondFactor />
      <Sessions />
    </>
  );
}

function Password() {
  const t = useT();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const save = useMutation({
    mutationFn: () => api.post('/api/auth/change-password', { currentPassword: current, newPassword: next, revokeOtherSessions: true }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      toast({ text: t('security.passwordChanged'), tone: 'good' });
    },
    onError: (e) => toast({ error: e }),
  });
  const eye = { 'aria-label': t('field.showPassword') };
  return (
    <Section title={t('security.password')} about={t('security.passwordAbout')}>
      <form
        className={styles.row}
        style={{ alignItems: 'end' }}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <PasswordInput
          label={t('security.current')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={current}
          onChange={(e) => setCurrent(e.target.value)}
          visibilityToggleButtonProps={eye}
        />
        <PasswordInput
          label={t('field.newPassword')}
          autoComplete="new-password"
          required
          minLength={10}
          withAsterisk={false}
          value={next}
          onChange={(e) => setNext(e.target.value)}
          visibilityToggleButtonProps={eye}
        />
        <Button type="submit" loading={save.isPending}>
          {t('security.change')}
        </Button>
      </form>
    </Section>
  );
}

function SecondFactor() {
  const t = useT();
  const { me } = useSession();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [made, setMade] = useState<{ totpURI: string; backupCodes: string[] }>();
  const [picture, setPicture] = useState<string>();
  const on = me.user.twoFactorEnabled;
  const fail = (e: Error) => toast({ error: e });
  useEffect(() => {
    if (made)
      void import('qrcode')
        .then((qr) => qr.toString(made.totpURI, { type: 'svg', margin: 0 }))
        .then((svg) => setPicture(`data:image/svg+xml;utf8,${encodeURIComponent(svg)}`));
  }, [made]);
  const start = useMutation({
    mutationFn: () => api.post<{ totpURI: string; backupCodes: string[] }>('/api/auth/two-factor/enable', { password }),
    onSuccess: setMade,
    onError: fail,
  });
  const stop = useMutation({
    mutationFn: () => api.post('/api/auth/two-factor/disable', { password }),
    onSuccess: () => {
      setPassword('');
      toast({ text: t('security.secondOff'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['me'] });
    },
    onError: fail,
  });
  const verify = useMutation({
    mutationFn: () => api.post('/api/auth/two-factor/verify-totp', { code: code.replace(/\s/g, '') }),
    onSuccess: () => {
      setMade(undefined);
      setPassword('');
      setCode('');
      toast({ text: t('security.secondOn'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['me'] });
    },
    onError: fail,
  });
  return (
    <Section
      title={t('security.second')}
      about={t('security.secondAbout')}
      actions={<Chip tone={on ? 'good' : 'plain'}>{on ? t('security.isOn') : t('security.isOff')}</Chip>}
    >
      {!made ? (
        <form
          className={styles.row}
          style={{ alignItems: 'end' }}
          onSubmit={(event) => {
            event.preventDefault();
            if (on) stop.mutate();
            else start.mutate();
          }}
        >
          <PasswordInput
            label={t('security.current')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(e) => setPassword(e.target.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
          />
          <Button type="submit" variant={on ? 'default' : 'filled'} loading={start.isPending || stop.isPending}>
            {on ? t('security.turnOff') : t('security.turnOn')}
          </Button>
        </form>
      ) : (
        <div className={styles.two}>
          <div className={styles.form}>
            <p style={{ margin: 0 }}>{t('security.scan')}</p>
            {picture && <img className={styles.qr} src={picture} alt={t('security.qr')} />}
            <code style={{ overflowWrap: 'anywhere' }}>{new URL(made.totpURI).searchParams.get('secret')}</code>
            <form
              className={styles.buttons}
              style={{ alignItems: 'flex-end' }}
              onSubmit={(event) => {
                event.preventDefault();
                verify.mutate();
              }}
            >
              <TextInput
                label={t('login.code')}
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                withAsterisk={false}
                value={code}
                onChange={(e) => setCode(e.target.value)}
              />
              <Button type="submit" loading={verify.isPending}>
                {t('security.confirm')}
              </Button>
            </form>
          </div>
          <div className={styles.once}>
            <strong>{t('security.backup')}</strong>
            <span>{t('security.backupAbout')}</span>
            <code>{made.backupCodes.join('  ')}</code>
          </div>
        </div>
      )}
    </Section>
  );
}

function Sessions() {
  const t = useT();
  const { ago } = useFormats();
  const client = useQueryClient();
  const current = useQuery({ queryKey: ['session-current'], queryFn: () => api.get<Current>('/api/auth/get-session') });
  const { data, error, refetch } = useQuery({ queryKey: ['sessions'], queryFn: () => api.get<SessionRow[]>('/api/auth/list-sessions') });
  const refresh = () => client.invalidateQueries({ queryKey: ['sessions'] });
  const fail = (e: Error) => toast({ error: e });
  const revoke = useMutation({
    mutationFn: (token: string) => api.post('/api/auth/revoke-session', { token }),
    onSuccess: refresh,
    onError: fail,
  });
  const others = useMutation({ mutationFn: () => api.post('/api/auth/revoke-other-sessions'), onSuccess: refresh, onError: fail });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  return (
    <Section
      title={t('security.sessions')}
      flush
      actions={
        <Button size="compact-md" variant="default" loading={others.isPending} onClick={() => others.mutate()}>
          {t('security.endOthers')}
        </Button>
      }
    >
      <Table
        label={t('security.sessions')}
        rows={data}
        id={(s) => s.id}
        columns={[
          {
            title: t('security.device'),
            grow: true,
            cell: (s) => (
              <>
                {browserOf(s.userAgent) || t('security.unknown')}{' '}
                {s.token === current.data?.session.token && <Chip tone="good">{t('security.this')}</Chip>}
              </>
            ),
          },
          { title: t('security.address'), cell: (s) => <span className="dim">{s.ipAddress}</span> },
          { title: t('security.since'), cell: (s) => ago(s.createdAt) },
          {
            title: '',
            end: true,
            cell: (s) =>
              s.token !== current.data?.session.token && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => revoke.mutate(s.token)}
                  aria-label={`${t('security.end')}: ${browserOf(s.userAgent)}`}
                >
                  {t('security.end')}
                </Button>
              ),
          },
        ]}
      />
    </Section>
  );
}

/** "Chrome, Linux": as much as a person wants to know. */
function browserOf(agent: string | null | undefined): string {
  if (!agent) return '';
  const browser = [
    ['Edg', 'Edge'],
    ['OPR', 'Opera'],
    ['Firefox', 'Firefox'],
    ['Chrome', 'Chrome'],
    ['Safari', 'Safari'],
  ].find(([mark]) => agent.includes(mark!))?.[1];
  const system = [
    ['Android', 'Android'],
    ['iPhone', 'iOS'],
    ['iPad', 'iOS'],
    ['Windows', 'Windows'],
    ['Mac OS', 'macOS'],
    ['Linux', 'Linux'],
  ].find(([mark]) => agent.includes(mark!))?.[1];
  return [browser, system].filter(Boolean).join(', ');
}
