import { Button, Checkbox, NativeSelect, Textarea, TextInput, UnstyledButton } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useRef, useState } from 'react';
import type { MailPreviewAnswer, MailTemplate, MailTestAnswer, MailVariables } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useKeys } from '../../keys.ts';
import { useFindingWords, useSession } from '../../session.tsx';
import { type Language, languageNames, languages, useTexts } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { Dialog, useReturnFocus } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';

const kinds = ['invoice', 'correction', 'proforma', 'prepayment', 'final', 'receipt'] as const;

export default function Messages() {
  const { t } = useTexts();
  const { can } = useSession();
  const [editing, setEditing] = useState<MailTemplate | 'new'>();
  const { data, error, refetch } = useQuery({
    queryKey: ['mail-templates'],
    queryFn: () => api.get<{ items: MailTemplate[] }>('/mail-templates'),
  });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (editing) return <Editor template={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />;
  return (
    <Section
      title={t('messages.templates')}
      flush
      actions={
        can('settings') && (
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setEditing('new')}>
            {t('messages.new')}
          </Button>
        )
      }
    >
      <Table
        label={t('messages.templates')}
        rows={data?.items}
        empty={
          <Empty icon="mail" title={t('messages.noneTitle')}>
            {t('messages.noneText')}
          </Empty>
        }
        id={(m) => m.id}
        onOpen={(m) => can('settings') && setEditing(m)}
        columns={[
          {
            title: t('field.name'),
            cell: (m) => (
              <>
                <strong>{m.name}</strong> {m.isDefault && <Chip tone="good">{t('series.default')}</Chip>}
              </>
            ),
          },
          { title: t('field.kind'), cell: (m) => (m.kind ? t(`kind.${m.kind}`) : t('messages.anyKind')) },
          { title: t('field.language'), cell: (m) => languageNames[m.language] },
          { title: t('field.subject'), grow: true, cell: (m) => <span className="dim">{m.subject}</span> },
          {
            title: '',
            end: true,
            cell: (m) =>
              can('settings') && (
                <Button size="compact-sm" variant="default" onClick={() => setEditing(m)} aria-label={`${t('action.edit')}: ${m.name}`}>
                  {t('action.edit')}
                </Button>
              ),
          },
        ]}
      />
    </Section>
  );
}

function Editor({ template, onClose }: { template: MailTemplate | undefined; onClose: () => void }) {
  const { t, language } = useTexts();
  const client = useQueryClient();
  const { me } = useSession();
  const words = useFindingWords();
  const [form, setForm] = useState({
    name: template?.name ?? '',
    kind: template?.kind ?? null,
    language: template?.language ?? language,
    subject: template?.subject ?? '',
    body: template?.body ?? '',
    isDefault: template?.isDefault ?? false,
  });
  useReturnFocus();
  // What was typed is not lost to a key.
  const [start] = useState(form);
  useKeys('settings.messages', [{ keys: 'escape', label: 'common.cancel', run: () => form === start && onClose() }]);
  const [testing, setTesting] = useState(false);
  const body = useRef<HTMLTextAreaElement>(null);
  const set = (patch: Partial<typeof form>) => setForm((f) => ({ ...f, ...patch }));
  const asked = useDeferredValue(form);
  const variables = useQuery({
    queryKey: ['mail-variables'],
    queryFn: () => api.get<MailVariables>('/mail-variables'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const wish = { subject: asked.subject, body: asked.body, language: asked.language, ...(asked.kind ? { kind: asked.kind } : {}) };
  const preview = useQuery({
    queryKey: ['mail-preview', wish],
    queryFn: ({ signal }) => api.post<MailPreviewAnswer>('/mail-templates/preview', wish, { signal }),
    placeholderData: keepPreviousData,
  });
  const done = async () => {
    await client.invalidateQueries({ queryKey: ['mail-templates'] });
    onClose();
  };
  const fail = (e: Error) => toast({ error: e });
  const save = useMutation({
    mutationFn: () => (template ? api.patch(`/mail-templates/${template.id}`, form) : api.post('/mail-templates', form)),
    onSuccess: () => {
      toast({ text: t('common.saved'), tone: 'good' });
      return done();
    },
    onError: fail,
  });
  const remove = useMutation({ mutationFn: () => api.remove(`/mail-templates/${template!.id}`), onSuccess: done, onError: fail });
  const insert = (name: string) => {
    const field = body.current;
    const at = field?.selectionStart ?? form.body.length;
    set({ body: `${form.body.slice(0, at)}{{ ${name} }}${form.body.slice(field?.selectionEnd ?? at)}` });
    field?.focus();
  };
  // What is still to be written is no mistake yet.
  const errorOf = (where: 'subject' | 'body') =>
    form[where] === (template?.[where] ?? '') && form[where] === ''
      ? undefined
      : preview.data?.findings
          .filter((f) => f.where === where)
          .map((f) => [f.params?.line ? t('messages.atLine', { line: f.params.line }) : '', words(f).text].filter(Boolean).join(' '))
          .join(' ') || undefined;
  return (
    <div className={styles.two}>
      <Section
        title={template?.name ?? t('messages.new')}
        actions={
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onClose}>
            {t('common.back')}
          </Button>
        }
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <TextInput
            autoFocus
            label={t('field.name')}
            required
            withAsterisk={false}
            value={form.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <div className={styles.row}>
            <NativeSelect
              label={t('field.kind')}
              value={form.kind ?? ''}
              onChange={(e) => set({ kind: (e.target.value || null) as typeof form.kind })}
              data={[{ value: '', label: t('messages.anyKind') }, ...kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))]}
            />
            <NativeSelect
              label={t('field.language')}
              value={form.language}
              onChange={(e) => set({ language: e.target.value as Language })}
              data={languages.map((l) => ({ value: l, label: languageNames[l] }))}
            />
          </div>
          <TextInput
            label={t('field.subject')}
            required
            withAsterisk={false}
            maxLength={300}
            value={form.subject}
            error={errorOf('subject')}
            onChange={(e) => set({ subject: e.target.value })}
          />
          <Textarea
            ref={body}
            label={t('field.body')}
            autosize
            minRows={9}
            maxRows={22}
            value={form.body}
            error={errorOf('body')}
            onChange={(e) => set({ body: e.target.value })}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
          />
          <details>
            <summary style={{ cursor: 'pointer' }}>{t('messages.variables')}</summary>
            <div className={styles.variables} role="group" aria-label={t('messages.variables')} tabIndex={0}>
              {variables.data?.items.map((v) => (
                <UnstyledButton key={v.name} onClick={() => insert(v.name)} title={v.example}>
                  <code>{v.name}</code>
                  <span className="dim">{v.meaning[language]}</span>
                </UnstyledButton>
              ))}
            </div>
          </details>
          <Checkbox
            label={t('messages.isDefault')}
            checked={form.isDefault}
            onChange={(e) => set({ isDefault: e.currentTarget.checked })}
          />
          <div className={styles.buttons}>
            <Button type="submit" loading={save.isPending}>
              {t('common.save')}
            </Button>
            <Button variant="default" onClick={() => setTesting(true)} leftSection={<Icon name="send" size={16} />}>
              {t('messages.test')}
            </Button>
            {template && (
              <AskingButton size="sm" ml="auto" question={t('messages.removeSure', { name: template.name })} onYes={() => remove.mutate()}>
                {t('common.delete')}
              </AskingButton>
            )}
          </div>
        </form>
      </Section>
      <Section title={t('editor.preview')}>
        <strong>{preview.data?.subject}</strong>
        {preview.data && preview.data.empty.length > 0 && (
          <span className="dim">{t('messages.empty', { names: preview.data.empty.join(', ') })}</span>
        )}
        <iframe className={styles.frame} sandbox="" title={t('editor.preview')} srcDoc={preview.data?.html ?? ''} />
      </Section>
      {testing && <TestSend form={form} to={me.user.email} onClose={() => setTesting(false)} />}
    </div>
  );
}

function TestSend({
  form,
  to: start,
  onClose,
}: {
  form: { subject: string; body: string; language: Language; kind: string | null };
  to: string;
  onClose: () => void;
}) {
  const { t, language } = useTexts();
  const words = useFindingWords();
  const whyNot = ({ findings, cause }: MailTestAnswer) =>
    [...findings.map((found) => words(found).text), ...(cause ? [cause.text[language], cause.remedy[language]] : [])].join(' ');
  const [to, setTo] = useState(start);
  const send = useMutation({
    mutationFn: () =>
      api.post<MailTestAnswer>('/mail-templates/test', {
        to,
        subject: form.subject,
        body: form.body,
        language: form.language,
        ...(form.kind ? { kind: form.kind } : {}),
      }),
    onSuccess: (answer) => {
      toast(answer.ok ? { text: t('messages.testSent', { to }), tone: 'good' } : { text: whyNot(answer), tone: 'bad' });
      if (answer.ok) onClose();
    },
    onError: (e) => toast({ error: e }),
  });
  return (
    <Dialog onClose={onClose} title={t('messages.test')}>
      <form
        style={{ display: 'flex', gap: 8, alignItems: 'flex-end' }}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <TextInput
          data-autofocus
          style={{ flex: 1 }}
          type="email"
          label={t('document.mailTo')}
          required
          withAsterisk={false}
          value={to}
          onChange={(e) => setTo(e.target.value)}
        />
        <Button type="submit" loading={send.isPending}>
          {t('action.send')}
        </Button>
      </form>
    </Dialog>
  );
}
