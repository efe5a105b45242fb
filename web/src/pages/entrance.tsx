import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { Me, SetupInput } from '../../../src/api/schemas/index.ts';
import { ApiError, api } from '../api.ts';
import { rememberOrganization } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { Gate, GateError } from '../ui/gate.tsx';
import { CompanyFields, useCompany } from './company-fields.tsx';

export default function Entrance({ step }: { step: 'setup' | 'invitation' | 'forgot' | 'reset' | 'no-organization' }) {
  const { t } = useTexts();
  if (step === 'setup') return <Setup />;
  if (step === 'invitation') return <Invitation />;
  if (step === 'forgot') return <Forgot />;
  if (step === 'reset') return <Reset />;
  return (
    <Gate title={t('entrance.nowhere')} about={t('entrance.nowhereAbout')}>
      <Button variant="default" onClick={() => void api.post('/api/auth/sign-out').finally(() => location.assign('/login'))}>
        {t('shell.logOut')}
      </Button>
    </Gate>
  );
}

/** First run: the company that sells, and the person who looks after it. */
function Setup() {
  const { t } = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const company = useCompany();
  const [form, setForm] = useState({ name: '', email: '', password: '' });
  const set = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (e: { target: { value: string } }) => setForm((f) => ({ ...f, [name]: e.target.value })),
  });
  const make = useMutation({
    mutationFn: async () => {
      const body: SetupInput = { ...form, organization: company.input(form.email) };
      await api.post('/setup', body);
      await api.post('/api/auth/sign-in/email', { email: form.email, password: form.password }).catch(() => {});
    },
    onSuccess: async () => {
      await client.invalidateQueries();
      await navigate('/import');
    },
  });
  return (
    <Gate title={t('setup.welcome')} about={t('setup.about')} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (company.right) make.mutate();
        }}
      >
        <GateError error={make.error} />
        <h2>{t('setup.company')}</h2>
        <CompanyFields company={company} />
        <h2>{t('setup.you')}</h2>
        <div className="pair">
          <TextInput label={t('field.yourName')} required {...set('name')} autoComplete="name" withAsterisk={false} />
          <TextInput label={t('field.email')} type="email" required {...set('email')} autoComplete="username" withAsterisk={false} />
        </div>
        <NewPassword {...set('password')} />
        <Button type="submit" size="md" loading={make.isPending} disabled={!company.right}>
          {t('setup.go')}
        </Button>
      </form>
    </Gate>
  );
}

function NewPassword(field: { value: string; onChange: (e: { target: { value: string } }) => void }) {
  const { t } = useTexts();
  const short = field.value !== '' && field.value.length < 10;
  return (
    <PasswordInput
      label={t('field.newPassword')}
      autoComplete="new-password"
      required
      minLength={10}
      maxLength={128}
      withAsterisk={false}
      description={t('field.passwordRule')}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      error={short ? t('field.passwordShort') : undefined}
      visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
      {...field}
    />
  );
}

/** By the link of the mail: with a new account, with the one that is signed in, or after logging in to the one that has the address. */
function Invitation() {
  const { t } = useTexts();
  const { token: fromPath } = useParams();
  const [params] = useSearchParams();
  const token = fromPath ?? params.get('token') ?? '';
  const me = useQuery({ queryKey: ['me'], queryFn: () => api.get<Me>('/me'), staleTime: 60_000 });
  const user = me.data?.user;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: async () => {
      const answer = await api.post<{ organizationId: string; email: string }>(
        '/invitations/accept',
        user ? { token } : { token, name, password },
      );
      rememberOrganization(answer.organizationId);
      if (!user) await api.post('/api/auth/sign-in/email', { email: answer.email, password });
    },
    // A fresh start in the organization that was joined.
    onSuccess: () => location.assign('/'),
  });
  const known = accept.error instanceof ApiError && accept.error.problem.code === 'sign-in-first';
  return (
    <Gate
      title={t('invitation.title')}
      about={user ? t('invitation.asYou', { name: user.name, email: user.email }) : t('invitation.about')}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          accept.mutate();
        }}
      >
        <GateError error={accept.error} />
        {!user && !known && (
          <>
            <TextInput
              label={t('field.yourName')}
              value={name}
              onChange={(e) => setName(e.target.value)}
              autoComplete="name"
              required
              withAsterisk={false}
              autoFocus
            />
            <NewPassword value={password} onChange={(e) => setPassword(e.target.value)} />
          </>
        )}
        {known ? (
          <Button component={Link} to={`/login?to=${encodeURIComponent(`/invitation?token=${token}`)}`} fullWidth size="md">
            {t('invitation.logIn')}
          </Button>
        ) : (
          <Button type="submit" fullWidth size="md" loading={accept.isPending}>
            {t('invitation.go')}
          </Button>
        )}
      </form>
    </Gate>
  );
}

function Forgot() {
  const { t } = useTexts();
  const [email, setEmail] = useState('');
  const ask = useMutation({ mutationFn: () => api.post('/api/auth/request-password-reset', { email, redirectTo: '/reset-password' }) });
  return (
    <Gate title={t('forgot.title')} about={ask.isSuccess ? t('forgot.sent', { email }) : t('forgot.about')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <GateError error={ask.error} />
        {!ask.isSuccess && (
          <>
            <TextInput
              label={t('field.email')}
              type="email"
              required
              autoFocus
              value={email}
              onChange={(e) => setEmail(e.target.value)}
              withAsterisk={false}
            />
            <Button type="submit" fullWidth size="md" loading={ask.isPending}>
              {t('forgot.go')}
            </Button>
          </>
        )}
        <Anchor component={Link} to="/login" size="sm">
          {t('forgot.back')}
        </Anchor>
      </form>
    </Gate>
  );
}

function Reset() {
  const { t } = useTexts();
  const { token: fromPath } = useParams();
  const [params] = useSearchParams();
  const token = fromPath ?? params.get('token') ?? '';
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const reset = useMutation({
    mutationFn: () => api.post('/api/auth/reset-password', { newPassword: password, token }),
    onSuccess: () => navigate('/login'),
  });
  return (
    <Gate title={t('reset.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          reset.mutate();
        }}
      >
        <GateError error={reset.error} text={reset.error ? t('reset.failed') : undefined} />
        <NewPassword value={password} onChange={(e) => setPassword(e.target.value)} />
        <Button type="submit" fullWidth size="md" loading={reset.isPending}>
          {t('reset.go')}
        </Button>
      </form>
    </Gate>
  );
}
