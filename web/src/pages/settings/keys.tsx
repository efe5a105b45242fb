import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey, ApiKeyMade, Scope } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';
import { Once } from './once.tsx';

const scopes = ['read', 'write', 'issue', 'admin'] as const;

export default function Keys() {
  const t = useT();
  const { ago, day } = useFormats();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Scope[]>(['read']);
  const [made, setMade] = useState<ApiKeyMade>();
  const { data, error, refetch } = useQuery({ queryKey: ['api-keys'], queryFn: () => api.get<{ items: ApiKey[] }>('/api-keys') });
  const refresh = () => client.invalidateQueries({ queryKey: ['api-keys'] });
  const fail = (e: Error) => toast({ error: e });
  const make = useMutation({
    mutationFn: () => api.post<ApiKeyMade>('/api-keys', { name, scopes: chosen }),
    onSuccess: (answer) => {
      setMade(answer);
      setName('');
      return refresh();
    },
    onError: fail,
  });
  const revoke = useMutation({ mutationFn: (id: string) => api.remove(`/api-keys/${id}`), onSuccess: refresh, onError: fail });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  return (
    <>
      <Section
        title={t('apiKeys.new')}
        about={
          <>
            {t('apiKeys.about')}{' '}
            <a href="/api/v1/docs" target="_blank" rel="noreferrer">
              {t('apiKeys.docs')}
            </a>
          </>
        }
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <TextInput
            label={t('apiKeys.name')}
            required
            withAsterisk={false}
            maxLength={100}
            value={name}
            onChange={(e) => setName(e.target.value)}
          />
          <Checkbox.Group label={t('apiKeys.scopes')} value={chosen} onChange={(v) => setChosen(v as Scope[])}>
            <div className={styles.row} style={{ marginTop: 6 }}>
              {scopes.map((s) => (
                <Checkbox key={s} value={s} label={t(`scope.${s}`)} description={t(`scopeAbout.${s}`)} />
              ))}
            </div>
          </Checkbox.Group>
          <Button type="submit" style={{ alignSelf: 'flex-start' }} disabled={chosen.length === 0} loading={make.isPending}>
            {t('apiKeys.go')}
          </Button>
        </form>
        {made && <Once title={t('apiKeys.once')} value={made.key} onClose={() => setMade(undefined)} />}
      </Section>
      <Section title={t('settings.keys')} flush>
        <Table
          label={t('settings.keys')}
          rows={data?.items}
          empty={<Empty icon="key" title={t('apiKeys.empty')} />}
          id={(k) => k.id}
          columns={[
            {
              title: t('field.name'),
              grow: true,
              cell: (k) => (
                <>
                  <strong>{k.name}</strong>{' '}
                  <div className="dim">
                    <code>{k.prefix}_…</code>
                  </div>
                </>
              ),
            },
            { title: t('apiKeys.scopes'), cell: (k) => k.scopes.map((s) => t(`scope.${s}`)).join(', ') },
            { title: t('apiKeys.used'), cell: (k) => (k.lastUsedAt ? ago(k.lastUsedAt) : t('apiKeys.never')) },
            { title: t('users.since'), cell: (k) => day(k.createdAt) },
            {
              title: '',
              end: true,
              cell: (k) =>
                k.revokedAt ? (
                  <Chip tone="plain">{t('apiKeys.revoked')}</Chip>
                ) : (
                  <AskingButton
                    loading={revoke.isPending && revoke.variables === k.id}
                    question={t('apiKeys.revokeSure', { name: k.name })}
                    about={t('apiKeys.revokeAbout')}
                    onYes={() => revoke.mutate(k.id)}
                    aria-label={`${t('apiKeys.revoke')}: ${k.name}`}
                  >
                    {t('apiKeys.revoke')}
                  </AskingButton>
                ),
            },
          ]}
        />
      </Section>
    </>
  );
}
