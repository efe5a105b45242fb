import { Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { MailSettings, MailTestAnswer } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useSession } from '../../session.tsx';
import { useTexts } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Lines, Section } from '../../ui/page.tsx';
import styles from '../settings.module.css';

export default function Smtp() {
  const { data, error, refetch } = useQuery({ queryKey: ['mail-settings'], queryFn: () => api.get<MailSettings>('/mail-settings') });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  return <Form settings={data} />;
}

function Form({ settings }: { settings: MailSettings }) {
  const { t, language } = useTexts();
  const client = useQueryClient();
  const { can } = useSession();
  const [form, setForm] = useState({ ...settings, password: '' });
  const set = (patch: Partial<typeof form>) => setForm((f) => ({ ...f, ...patch }));
  const fail = (e: Error) => toast({ error: e });
  const save = useMutation({
    mutationFn: () => {
      const { host, port, security, user, password, fromName, fromAddress, replyTo, bcc, afterLostAnswer } = form;
      return api.put('/mail-settings', {
        host,
        port,
        security,
        user,
        fromName,
        fromAddress,
        replyTo: replyTo || null,
        bcc: bcc || null,
        afterLostAnswer,
        ...(password ? { password } : {}),
      });
    },
    onSuccess: () => {
      toast({ text: t('common.saved'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['mail-settings'] });
    },
    onError: fail,
  });
  const test = useMutation({
    mutationFn: () => api.post<MailTestAnswer>('/mail-settings/test'),
    onSuccess: (answer) =>
      toast(
        answer.ok
          ? { text: t('smtp.works'), tone: 'good' }
          : { text: answer.cause ? `${answer.cause.text[language]} ${answer.cause.remedy[language]}` : t('smtp.fails'), tone: 'bad' },
      ),
    onError: fail,
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset disabled={!can('connections')} style={{ border: 0, padding: 0, margin: 0, display: 'contents' }}>
        <Section title={t('smtp.server')}>
          <div className={styles.row}>
            <TextInput
              label={t('smtp.host')}
              required
              withAsterisk={false}
              value={form.host}
              onChange={(e) => set({ host: e.target.value })}
            />
            <TextInput
              label={t('smtp.port')}
              type="number"
              min={1}
              max={65535}
              required
              withAsterisk={false}
              value={form.port}
              onChange={(e) => set({ port: Number(e.target.value) })}
            />
            <NativeSelect
              label={t('smtp.security')}
              value={form.security}
              onChange={(e) => set({ security: e.target.value as 'tls' })}
              data={(['tls', 'starttls', 'none'] as const).map((s) => ({ value: s, label: t(`smtp.security.${s}`) }))}
            />
          </div>
          <div className={styles.row}>
            <TextInput label={t('smtp.user')} autoComplete="off" value={form.user} onChange={(e) => set({ user: e.target.value })} />
            <PasswordInput
              label={t('field.password')}
              autoComplete="new-password"
              placeholder={settings.hasPassword ? t('connections.secretStored') : undefined}
              value={form.password}
              onChange={(e) => set({ password: e.target.value })}
              visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
            />
          </div>
        </Section>
        <Section title={t('smtp.sender')}>
          <div className={styles.row}>
            <TextInput label={t('smtp.fromName')} value={form.fromName} onChange={(e) => set({ fromName: e.target.value })} />
            <TextInput
              label={t('smtp.fromAddress')}
              type="email"
              required
              withAsterisk={false}
              value={form.fromAddress}
              onChange={(e) => set({ fromAddress: e.target.value })}
            />
            <TextInput
              label={t('smtp.replyTo')}
              type="email"
              value={form.replyTo ?? ''}
              onChange={(e) => set({ replyTo: e.target.value })}
            />
            <TextInput label={t('smtp.bcc')} type="email" value={form.bcc ?? ''} onChange={(e) => set({ bcc: e.target.value })} />
          </div>
          <NativeSelect
            label={t('smtp.lost')}
            description={t('smtp.lostAbout')}
            inputWrapperOrder={['label', 'input', 'description']}
            value={form.afterLostAnswer}
            onChange={(e) => set({ afterLostAnswer: e.target.value as 'person' })}
            data={[
              { value: 'person', label: t('smtp.lostPerson') },
              { value: 'resend', label: t('smtp.lostResend') },
            ]}
          />
        </Section>
        <div className={`${styles.buttons} ${styles.end}`}>
          <Button
            variant="default"
            disabled={!settings.configured}
            loading={test.isPending}
            onClick={() => test.mutate()}
            leftSection={<Icon name="send" size={16} />}
          >
            {t('smtp.test')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </fieldset>
    </form>
  );
}
