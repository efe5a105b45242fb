import { Anchor, Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { DemoState, SetupState } from '../../../src/api/schemas/index.ts';
import { ApiError, api } from '../api.ts';
import { useTexts } from '../texts.ts';
import { Gate, GateError } from '../ui/gate.tsx';

type SignedIn = { twoFactorRedirect?: boolean };

export default function LogIn({ setup }: { setup: SetupState }) {
  const { t } = useTexts();
  const [params] = useSearchParams();
  const client = useQueryClient();
  const [email, setEmail] = useState(params.get('email') ?? '');
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(true);
  const [second, setSecond] = useState(false);
  const demo = useQuery({ queryKey: ['demo-state'], queryFn: () => api.get<DemoState>('/demo/state'), enabled: setup.demo });
  const enter = () => client.invalidateQueries({ queryKey: ['me'] });
  const logIn = useMutation({
    mutationFn: (who: { email: string; password: string }) =>
      api.post<SignedIn>('/api/auth/sign-in/email', { ...who, rememberMe: remember }),
    onSuccess: (answer) => (answer.twoFactorRedirect ? setSecond(true) : enter()),
  });
  if (second) return <SecondFactor onDone={enter} />;
  const wrong = logIn.error instanceof ApiError && [400, 401, 403].includes(logIn.error.problem.status);
  return (
    <Gate title={t('login.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          logIn.mutate({ email, password });
        }}
      >
        <GateError error={logIn.error} text={wrong ? t('login.wrong') : undefined} />
        <TextInput
          label={t('field.email')}
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(e) => setEmail(e.target.value)}
          withAsterisk={false}
        />
        <PasswordInput
          label={t('field.password')}
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
        />
        <div className="between">
          <Checkbox label={t('login.remember')} checked={remember} onChange={(e) => setRemember(e.currentTarget.checked)} />
          <Anchor component={Link} to="/forgot" size="sm">
            {t('login.forgot')}
          </Anchor>
        </div>
        <Button type="submit" fullWidth size="md" loading={logIn.isPending && logIn.variables?.email === email}>
          {t('login.go')}
        </Button>
        {demo.data && (
          <Button
            variant="light"
            fullWidth
            size="md"
            onClick={() => logIn.mutate({ email: demo.data.email, password: demo.data.password })}
          >
            {t('login.demo')}
          </Button>
        )}
      </form>
    </Gate>
  );
}

function SecondFactor({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const [code, setCode] = useState('');
  const [backup, setBackup] = useState(false);
  const [trust, setTrust] = useState(false);
  const verify = useMutation({
    mutationFn: () =>
      api.post(backup ? '/api/auth/two-factor/verify-backup-code' : '/api/auth/two-factor/verify-totp', {
        code: code.replace(/\s/g, ''),
        trustDevice: trust,
      }),
    onSuccess: onDone,
  });
  return (
    <Gate title={t('login.second')} about={backup ? t('login.backupAbout') : t('login.secondAbout')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          verify.mutate();
        }}
      >
        <GateError error={verify.error} text={verify.error ? t('login.wrongCode') : undefined} />
        <TextInput
          key={String(backup)}
          label={backup ? t('login.backupCode') : t('login.code')}
          autoFocus
          autoComplete="one-time-code"
          inputMode={backup ? 'text' : 'numeric'}
          value={code}
          onChange={(e) => setCode(e.target.value)}
          required
          withAsterisk={false}
        />
        <Checkbox label={t('login.trust')} checked={trust} onChange={(e) => setTrust(e.currentTarget.checked)} />
        <Button type="submit" fullWidth size="md" loading={verify.isPending}>
          {t('login.go')}
        </Button>
        <Button variant="subtle" fullWidth onClick={() => setBackup((on) => !on)}>
          {backup ? t('login.useCode') : t('login.useBackup')}
        </Button>
      </form>
    </Gate>
  );
}
