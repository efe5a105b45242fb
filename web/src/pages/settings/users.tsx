import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Invitation, InvitationMade, Member, Role } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';
import { Once } from './once.tsx';

const roles = ['owner', 'bookkeeper', 'warehouse', 'reader'] as const;

export default function Users() {
  const t = useT();
  const { can } = useSession();
  const { day, ago } = useFormats();
  const client = useQueryClient();
  const may = can('accounts');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('bookkeeper');
  const [made, setMade] = useState<InvitationMade>();
  const members = useQuery({ queryKey: ['members'], queryFn: () => api.get<{ items: Member[] }>('/members') });
  const invitations = useQuery({
    queryKey: ['invitations'],
    queryFn: () => api.get<{ items: Invitation[] }>('/invitations'),
    enabled: may,
  });
  const refresh = () => client.invalidateQueries({ predicate: (q) => ['members', 'invitations'].includes(String(q.queryKey[0])) });
  const fail = (e: Error) => toast({ error: e });
  const invite = useMutation({
    mutationFn: () => api.post<InvitationMade>('/invitations', { email, role }),
    onSuccess: (answer) => {
      setMade(answer);
      setEmail('');
      return refresh();
    },
    onError: fail,
  });
  const change = useMutation({
    mutationFn: ({ id, next }: { id: string; next: Role }) => api.patch(`/members/${id}`, { role: next }),
    onSuccess: refresh,
    onError: fail,
  });
  const remove = useMutation({ mutationFn: (path: string) => api.remove(path), onSuccess: refresh, onError: fail });
  if (isLost(members.error, members.data)) return <Failed error={members.error} retry={() => void members.refetch()} />;
  const options = roles.map((r) => ({ value: r, label: t(`userRole.${r}`) }));
  const open = invitations.data?.items.filter((i) => i.acceptedAt === null) ?? [];
  return (
    <>
      {may && (
        <Section title={t('users.invite')} about={t('users.inviteAbout')}>
          <form
            className={styles.row}
            style={{ alignItems: 'end' }}
            onSubmit={(event) => {
              event.preventDefault();
              invite.mutate();
            }}
          >
            <TextInput
              label={t('field.email')}
              type="email"
              required
              withAsterisk={false}
              value={email}
              onChange={(e) => setEmail(e.target.value)}
            />
            <NativeSelect label={t('users.role')} value={role} onChange={(e) => setRole(e.target.value as Role)} data={options} />
            <Button type="submit" loading={invite.isPending}>
              {t('users.inviteGo')}
            </Button>
          </form>
          <p className="dim" style={{ margin: 0 }}>
            {t(`userRoleAbout.${role}`)}
          </p>
          {made && (
            <Once
              title={made.mailed ? t('users.mailed', { email: made.email }) : t('users.link', { email: made.email })}
              value={made.link}
              onClose={() => setMade(undefined)}
            />
          )}
        </Section>
      )}
      <Section title={t('settings.users')} flush>
        <Table
          label={t('settings.users')}
          rows={members.data?.items}
          id={(m) => m.id}
          columns={[
            {
              title: t('field.name'),
              grow: true,
              cell: (m) => (
                <>
                  <strong>{m.name}</strong> {m.isYou && <Chip tone="good">{t('users.you')}</Chip>}
                  <div className="dim">{m.email}</div>
                </>
              ),
            },
            {
              title: t('users.role'),
              cell: (m) =>
                may && !m.isYou ? (
                  <NativeSelect
                    size="xs"
                    aria-label={`${t('users.role')}: ${m.name}`}
                    value={m.role}
                    onChange={(e) => change.mutate({ id: m.id, next: e.target.value as Role })}
                    data={options}
                  />
                ) : (
                  t(`userRole.${m.role}`)
                ),
            },
            { title: t('users.since'), cell: (m) => day(m.createdAt) },
            {
              title: '',
              end: true,
              cell: (m) =>
                may &&
                !m.isYou && (
                  <AskingButton
                    loading={remove.isPending && remove.variables === `/members/${m.id}`}
                    question={t('users.removeSure', { name: m.name })}
                    about={t('users.removeAbout')}
                    onYes={() => remove.mutate(`/members/${m.id}`)}
                    aria-label={`${t('users.remove')}: ${m.name}`}
                  >
                    {t('users.remove')}
                  </AskingButton>
                ),
            },
          ]}
        />
      </Section>
      {open.length > 0 && (
        <Section title={t('users.open')} flush>
          <Table
            label={t('users.open')}
            rows={open}
            id={(i) => i.id}
            columns={[
              { title: t('field.email'), grow: true, cell: (i) => i.email },
              { title: t('users.role'), cell: (i) => t(`userRole.${i.role}`) },
              { title: t('users.until'), cell: (i) => ago(i.expiresAt) },
              {
                title: '',
                end: true,
                cell: (i) => (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    aria-label={t('common.deleteNamed', { name: i.email })}
                    onClick={() => remove.mutate(`/invitations/${i.id}`)}
                  >
                    {t('users.withdraw')}
                  </Button>
                ),
              },
            ]}
          />
        </Section>
      )}
    </>
  );
}
