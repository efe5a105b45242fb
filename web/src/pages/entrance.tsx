import { Anchor, Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { SetupInput } from '../../../src/api/schemas/index.ts';
import { readTaxId, regimeOf } from '../../../src/domain/regimes/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { rememberOrganization } from '../session.tsx';
import { type Language, useTexts } from '../texts.ts';
import { Gate, GateError } from '../ui/gate.tsx';

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

const countries = {
  PL: { zone: 'Europe/Warsaw', currency: 'PLN', language: 'pl' },
  HU: { zone: 'Europe/Budapest', currency: 'HUF', language: 'hu' },
  SE: { zone: 'Europe/Stockholm', currency: 'SEK', language: 'sv' },
} as const;
const ofLanguage: Record<Language, keyof typeof countries> = { pl: 'PL', hu: 'HU', sv: 'SE', en: 'PL' };

/** First run: the company that sells, and the person who looks after it. The tax number is checked while it is typed. */
function Setup() {
  const { t, language } = useTexts();
  const { country: countryName } = useFormats();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [country, setCountry] = useState<keyof typeof countries>(ofLanguage[language]);
  const [form, setForm] = useState({ company: '', taxId: '', street: '', postalCode: '', city: '', name: '', email: '', password: '' });
  const set = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (e: { target: { value: string } }) => setForm((f) => ({ ...f, [name]: e.target.value })),
  });
  const regime = regimeOf(country);
  const taxIdOk = form.taxId === '' || regime.checkTaxId(form.taxId).valid;
  const make = useMutation({
    mutationFn: async () => {
      const body: SetupInput = {
        organization: {
          name: form.company,
          country,
          ...countries[country],
          ...(form.taxId ? { taxId: form.taxId } : {}),
          seller: {
            street: form.street || undefined,
            postalCode: form.postalCode || undefined,
            city: form.city || undefined,
            country,
            email: form.email,
            ...(form.taxId ? { taxIds: [readTaxId(form.taxId, country)] } : {}),
          },
        },
        email: form.email,
        password: form.password,
        name: form.name,
      };
      await api.post('/setup', body);
      await api.post('/api/auth/sign-in/email', { email: form.email, password: form.password }).catch(() => {});
    },
    onSuccess: async () => {
      await client.invalidateQueries();
      await navigate('/import');
    },
  });
  return (
    <Gate title={t('setup.title')} about={t('setup.about')} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (taxIdOk) make.mutate();
        }}
      >
        <GateError error={make.error} />
        <h2>{t('setup.company')}</h2>
        <div className="pair">
          <NativeSelect
            label={t('field.country')}
            value={country}
            onChange={(e) => setCountry(e.target.value as keyof typeof countries)}
            data={Object.keys(countries).map((c) => ({ value: c, label: countryName(c) }))}
          />
          <TextInput
            label={t('field.taxId')}
            {...set('taxId')}
            error={taxIdOk ? undefined : t('setup.taxIdWrong')}
            description={form.taxId && taxIdOk ? t('setup.taxIdRight') : undefined}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            autoComplete="off"
          />
        </div>
        <TextInput label={t('setup.companyName')} required {...set('company')} autoComplete="organization" withAsterisk={false} />
        <TextInput label={t('field.street')} {...set('street')} autoComplete="street-address" />
        <div className="pair">
          <TextInput label={t('field.postalCode')} {...set('postalCode')} autoComplete="postal-code" />
          <TextInput label={t('field.city')} {...set('city')} autoComplete="address-level2" />
        </div>
        <h2>{t('setup.you')}</h2>
        <div className="pair">
          <TextInput label={t('field.yourName')} required {...set('name')} autoComplete="name" withAsterisk={false} />
          <TextInput label={t('field.email')} type="email" required {...set('email')} autoComplete="username" withAsterisk={false} />
        </div>
        <NewPassword {...set('password')} />
        <Button type="submit" size="md" loading={make.isPending} disabled={!taxIdOk}>
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

function Invitation() {
  const { t } = useTexts();
  const { token: fromPath } = useParams();
  const [params] = useSearchParams();
  const token = fromPath ?? params.get('token') ?? '';
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: async () => {
      const answer = await api.post<{ organizationId: string; email: string }>('/invitations/accept', {
        token,
        ...(name ? { name } : {}),
        ...(password ? { password } : {}),
      });
      rememberOrganization(answer.organizationId);
      if (password) await api.post('/api/auth/sign-in/email', { email: answer.email, password }).catch(() => {});
      return answer;
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['me'] });
      await navigate(password ? '/' : `/login?email=${encodeURIComponent(answer.email)}`);
    },
  });
  return (
    <Gate title={t('invitation.title')} about={t('invitation.about')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          accept.mutate();
        }}
      >
        <GateError error={accept.error} />
        <TextInput label={t('field.yourName')} value={name} onChange={(e) => setName(e.target.value)} autoComplete="name" autoFocus />
        <PasswordInput
          label={t('field.password')}
          description={t('invitation.password')}
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
        />
        <Button type="submit" fullWidth size="md" loading={accept.isPending}>
          {t('invitation.go')}
        </Button>
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
