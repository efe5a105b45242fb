import { ActionIcon, Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { Connection, ConnectionCheck, Connector } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { AskingButton } from '../ui/asking-button.tsx';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { ChannelSections } from './channel.tsx';
import { SettingsForm } from './connection-form.tsx';
import { ConnectionSetup } from './connection-setup.tsx';
import styles from './connections.module.css';
import { ConnectionChip, stateOf } from './connections.tsx';
import doc from './document.module.css';
import { ownSettings } from './own-settings.ts';

/** One connection: does it work, what it may, its settings, its key replaced without losing anything. */
export default function ConnectionPage() {
  const { id = '' } = useParams();
  const { t, language } = useTexts();
  const { can } = useSession();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const words = useFindingWords();
  const list = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const gallery = useQuery({
    queryKey: ['connectors'],
    queryFn: () => api.get<{ items: Connector[] }>('/connectors'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const refresh = () =>
    client.invalidateQueries({ predicate: (q) => ['connections', 'connection', 'causes', 'home'].includes(String(q.queryKey[0])) });
  const fail = (e: Error) => toast({ error: e });
  const check = useMutation({ mutationFn: () => api.post<ConnectionCheck>(`/connections/${id}/check`), onSuccess: refresh, onError: fail });
  const save = useMutation({
    mutationFn: (values: { name: string; baseUrl: string | null; settings: Record<string, unknown>; secrets: Record<string, string> }) =>
      api.patch(`/connections/${id}`, values),
    onSuccess: async () => {
      toast({ text: t('common.saved'), tone: 'good' });
      await refresh();
      check.mutate();
    },
    onError: fail,
  });
  const act = useMutation({
    mutationFn: (verb: 'pause' | 'resume') => api.post(`/connections/${id}/${verb}`),
    onSuccess: refresh,
    onError: fail,
  });
  const remove = useMutation({
    mutationFn: () => api.remove(`/connections/${id}`),
    onSuccess: async () => {
      await refresh();
      await navigate('/connections');
    },
    onError: fail,
  });
  // The button may be at the end of a long form: the answer stands where one looks next.
  const answer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (check.data) answer.current?.scrollIntoView({ block: 'center' });
  }, [check.data]);
  const asked = useRef(false);
  const { mutate: checkNow } = check;
  useEffect(() => {
    if (params.get('check') !== '1' || asked.current) return;
    asked.current = true;
    setParams({}, { replace: true });
    checkNow();
  }, [params, setParams, checkNow]);
  const error = list.error ?? gallery.error;
  const connection = list.data?.items.find((c) => c.id === id);
  const connector = gallery.data?.items.find((c) => c.id === connection?.connector);
  if (isLost(error, list.data && gallery.data) || (list.data && !connection))
    return (
      <Page title={t('nav.connections')} help="connections">
        <Failed error={error ?? { problem: { status: 404 } }} retry={() => void list.refetch()} />
      </Page>
    );
  if (!connection || !connector)
    return (
      <Page title={t('nav.connections')} help="connections">
        <Lines />
      </Page>
    );
  const result = check.data;
  return (
    <Page
      title={connection.name}
      help="connections"
      about={
        <span className={doc.about}>
          <ConnectionChip status={stateOf(connection, connector)} /> {connector.title?.[language] ?? connector.name}
        </span>
      }
      back={{ to: '/connections', label: t('nav.connections') }}
      actions={
        can('connections') && (
          <>
            <Button
              onClick={() => check.mutate()}
              loading={check.isPending}
              variant="default"
              leftSection={<Icon name="refresh" size={16} />}
            >
              {t('connections.check')}
            </Button>
            {connection.status === 'paused' ? (
              <Button variant="default" onClick={() => act.mutate('resume')} leftSection={<Icon name="play" size={16} />}>
                {t('connections.resume')}
              </Button>
            ) : (
              <Button variant="default" onClick={() => act.mutate('pause')} leftSection={<Icon name="pause" size={16} />}>
                {t('connections.pause')}
              </Button>
            )}
          </>
        )
      }
    >
      {result && (
        <div ref={answer} className={styles.check} data-ok={result.ok} role="status">
          <Icon name={result.ok ? 'complete' : 'cause'} size={22} />
          <div>
            <strong>{result.ok ? t('connections.works') : result.cause ? words(result.cause).text : t('connections.fails')}</strong>
            {result.cause && words(result.cause).remedy && <p style={{ margin: '4px 0 0' }}>{words(result.cause).remedy}</p>}
            {result.facts.length > 0 && (
              <Facts
                items={result.facts.map((f) => [
                  connector.facts[f.label]?.[language] ?? f.label,
                  connector.facts[f.value]?.[language] ?? f.value,
                ])}
              />
            )}
          </div>
        </div>
      )}
      {connection.blockedBy && !result && (
        <div className={styles.check} data-ok="false">
          <Icon name="cause" size={22} />
          <div>
            <strong>{words({ code: connection.blockedBy.code, params: connection.blockedBy.params }).text}</strong>
            <div>
              <Link to="/causes">{t('connections.toCause')}</Link>
            </div>
          </div>
        </div>
      )}
      {can('connections') && connector.capabilities.includes('transfer') && (
        <ConnectionSetup connection={connection} connector={connector} />
      )}
      {connection.intakeUrl && !connector.setup.notices && (
        <Section title={t('connections.intake')} about={t('connections.intakeAbout')}>
          <div className={styles.url}>
            <TextInput readOnly aria-label={t('connections.intake')} value={connection.intakeUrl} onFocus={(e) => e.target.select()} />
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('common.copy')}
              onClick={() => void copyText(connection.intakeUrl!).then(() => toast({ text: t('common.copied') }))}
            >
              <Icon name="copy" size={16} />
            </ActionIcon>
          </div>
        </Section>
      )}
      <ChannelSections connection={connection} connector={connector} />
      {can('connections') && (
        <Section title={t('channel.account')}>
          <SettingsForm
            key={connection.id}
            connector={connector}
            start={{ name: connection.name, baseUrl: connection.baseUrl, settings: connection.settings, secrets: {} }}
            stored={connection.secrets}
            busy={save.isPending}
            submit={t('common.save')}
            onSubmit={(values) => save.mutate({ ...values, settings: ownSettings(connector, values.settings) })}
          />
        </Section>
      )}
      {can('connections') && (
        <Section title={t('connections.remove')} about={t('connections.removeAbout')}>
          <AskingButton
            size="sm"
            variant="light"
            style={{ alignSelf: 'flex-start' }}
            loading={remove.isPending}
            question={t('connections.removeSure', { name: connection.name })}
            about={t('connections.removeAbout')}
            onYes={() => remove.mutate()}
          >
            {t('connections.remove')}
          </AskingButton>
        </Section>
      )}
    </Page>
  );
}
