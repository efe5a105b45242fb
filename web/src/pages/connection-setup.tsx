import { ActionIcon, Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import type { Connection, ConnectionCheck, Connector, Setup } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines, Section } from '../ui/page.tsx';
import styles from './connection-setup.module.css';

type Step = Setup['steps'][number];
type Props = { connection: Connection; connector: Connector };

const states: Record<Step['state'], Key> = {
  done: 'setup.done',
  todo: 'setup.todo',
  wrong: 'setup.wrong',
  waiting: 'setup.waiting',
};

/** The checklist of a connection: each step with what to do in it, turning green by itself as things happen on either side. */
export function ConnectionSetup({ connection, connector }: Props) {
  const { t } = useTexts();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string>();
  const { data, error, refetch } = useQuery({
    queryKey: ['connection', connection.id, 'setup'],
    queryFn: () => api.get<Setup>(`/connections/${connection.id}/setup`),
    // What happens on the other side is pushed; this is only for a push that got lost.
    refetchInterval: 15_000,
  });
  const test = useMutation({
    mutationFn: () => api.post<ConnectionCheck>(`/connections/${connection.id}/check`),
    onSuccess: async (result) => {
      toast(result.ok ? { text: t('setup.outWorks'), tone: 'good' } : { text: t('connections.fails'), tone: 'bad' });
      await client.invalidateQueries({ predicate: (q) => ['connection', 'connections'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  if (isLost(error, data))
    return (
      <Section title={t('setup.title')}>
        <Failed error={error} retry={() => void refetch()} />
      </Section>
    );
  if (!data)
    return (
      <Section title={t('setup.title')}>
        <Lines />
      </Section>
    );
  const done = data.steps.filter((s) => s.state === 'done').length;
  const next = data.steps.find((s) => s.state === 'wrong' || s.state === 'todo');
  const shown = chosen ?? next?.step;
  return (
    <Section
      title={t('setup.title')}
      about={next ? t('setup.progress', { done: String(done), all: String(data.steps.length) }) : t('setup.ready')}
      actions={
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()} leftSection={<Icon name="refresh" size={16} />}>
          {t(data.notices ? 'setup.testBoth' : 'connections.check')}
        </Button>
      }
    >
      {data.notices && <Directions setup={data} tested={test.data} connection={connection} />}
      <ol className={styles.steps}>
        {data.steps.map((step, i) => {
          const open = shown === step.step;
          return (
            <li key={step.step} data-state={step.state} data-step={step.step}>
              <button
                type="button"
                className={styles.head}
                aria-expanded={open}
                onClick={() => setChosen(open ? '' : step.step)}
                aria-label={`${t(`setup.${step.step}`)}: ${t(states[step.state])}`}
              >
                <span className={styles.mark} aria-hidden="true">
                  {step.state === 'done' ? (
                    <Icon name="check" size={15} />
                  ) : step.state === 'wrong' ? (
                    <Icon name="alert" size={15} />
                  ) : step.state === 'waiting' ? (
                    <Icon name="clock" size={15} />
                  ) : (
                    i + 1
                  )}
                </span>
                <strong>{t(`setup.${step.step}`)}</strong>
                <span className={styles.said}>
                  <Said step={step} />
                </span>
                <Icon name={open ? 'up' : 'down'} size={16} />
              </button>
              {open && (
                <div className={styles.body}>
                  <StepBody step={step} setup={data} connection={connection} connector={connector} />
                </div>
              )}
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

/** Both directions at a glance: what we ask there, and what it tells us. */
function Directions({ setup, tested, connection }: { setup: Setup; tested: ConnectionCheck | undefined; connection: Connection }) {
  const { t } = useTexts();
  const { time } = useFormats();
  const words = useFindingWords();
  const out = tested ? tested.ok : connection.everWorked && connection.status !== 'blocked';
  const { lastAt, verifiedAt, secretState } = setup.notices!;
  return (
    <div className={styles.directions} aria-live="polite">
      <div data-ok={out}>
        <Icon name="up" size={16} />
        <span>
          {t('setup.out')}: {tested?.cause ? words(tested.cause).text : out ? t('setup.outWorks') : t('setup.notYet')}
        </span>
      </div>
      <div data-ok={secretState !== 'wrong' && Boolean(lastAt ?? verifiedAt)}>
        <Icon name="down" size={16} />
        <span>
          {t('setup.in')}:{' '}
          {secretState === 'wrong'
            ? t('setup.secretWrong')
            : lastAt
              ? t('setup.lastEvent', { time: time(lastAt), count: String(setup.notices!.count) })
              : verifiedAt
                ? t('setup.verifiedAt', { time: time(verifiedAt) })
                : t('setup.notYet')}
        </span>
      </div>
    </div>
  );
}

function Said({ step }: { step: Step }): ReactNode {
  const { t } = useTexts();
  const { time } = useFormats();
  if (step.step === 'event' && step.at) return t('setup.lastEvent', { time: time(step.at), count: String(step.count ?? 0) });
  if (step.step === 'verified' && step.state === 'done' && step.at) return t('setup.verifiedAt', { time: time(step.at) });
  if (step.step === 'verified' && step.state === 'wrong') return t('setup.secretWrong');
  if (step.names.length > 0) return step.names.join(', ');
  return t(states[step.state]);
}

function StepBody({ step, setup, connection, connector }: { step: Step; setup: Setup } & Props) {
  const { t } = useTexts();
  switch (step.step) {
    case 'key':
      return (
        <p>
          {step.state === 'wrong'
            ? t('setup.keyWrong')
            : step.state === 'done'
              ? t('setup.keyDone')
              : t('setup.keyTodo', { button: t(setup.notices ? 'setup.testBoth' : 'connections.check') })}
        </p>
      );
    case 'series':
      return <SeriesChoice setup={setup} connection={connection} />;
    case 'complete':
      return <Incomplete setup={setup} connection={connection} connector={connector} />;
    case 'notices':
      return <NoticesStep setup={setup} connection={connection} connector={connector} />;
    case 'verified':
      return <p>{step.state === 'wrong' ? t('setup.secretWrongAbout') : t('setup.verifyAbout')}</p>;
    case 'event':
      return <p>{step.state === 'done' ? t('setup.eventDone') : t('setup.eventAbout')}</p>;
    case 'mappings':
      return (
        <>
          <p>{step.count ? t('setup.unmapped', { count: step.count }) : t('setup.mapped')}</p>
          <Button
            variant={step.state === 'todo' ? 'filled' : 'default'}
            component={Link}
            to={`/connections/${connection.id}/mappings`}
            leftSection={<Icon name="swap" size={16} />}
          >
            {t('setup.toMappings')}
          </Button>
        </>
      );
    case 'channel':
      return (
        <>
          <p>{step.names.length > 0 ? t('setup.channelDone') : t('setup.channelAbout')}</p>
          <Button variant="default" component={Link} to="/connections">
            {t('nav.connections')}
          </Button>
        </>
      );
  }
}

/** Which series go this way. One that belongs to another connection is shown with its owner and cannot be ticked. */
function SeriesChoice({ setup, connection }: { setup: Setup; connection: Connection }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const mine = setup.series.filter((s) => s.connectionId === connection.id).map((s) => s.id);
  const [ids, setIds] = useState(mine);
  const save = useMutation({
    mutationFn: () => api.put<Setup>(`/connections/${connection.id}/series`, { ids }),
    onSuccess: async () => {
      toast({ text: t('common.saved'), tone: 'good' });
      await client.invalidateQueries({ predicate: (q) => ['connection', 'connections', 'series'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  return (
    <form
      className={styles.choice}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <p>{t('setup.seriesAbout')}</p>
      {setup.series.map((s) => (
        <Checkbox
          key={s.id}
          label={`${s.name} · ${t(`kind.${s.kind}`)}`}
          description={s.owner ? t('setup.owned', { owner: s.owner }) : undefined}
          disabled={s.owner !== null}
          checked={ids.includes(s.id)}
          onChange={(e) => {
            const on = e.currentTarget.checked;
            setIds((before) => (on ? [...before, s.id] : before.filter((id) => id !== s.id)));
          }}
        />
      ))}
      <Button type="submit" loading={save.isPending} disabled={ids.slice().sort().join() === mine.slice().sort().join()}>
        {t('common.save')}
      </Button>
    </form>
  );
}

function Incomplete({ setup, connection, connector }: { setup: Setup } & Props) {
  const { t, language } = useTexts();
  const words = useFindingWords();
  const lacks = (s: Setup['series'][number]) =>
    s.findings.flatMap((f) => (f.code === 'H_SERIES_FIELD' ? [f.params?.[`field@${language}`] ?? ''] : []));
  const own = setup.series.filter((s) => s.connectionId === connection.id);
  if (own.length === 0) return <p>{t('setup.chooseFirst')}</p>;
  return (
    <ul className={styles.lacking}>
      {own.map((s) => (
        <li key={s.id}>
          <Icon name={s.findings.length > 0 ? 'cause' : 'complete'} size={16} />
          <div>
            <strong>{s.name}</strong>
            {lacks(s).length > 0 && <div className={styles.lack}>{t('setup.lacks', { fields: lacks(s).join(', ') })}</div>}
            {s.findings
              .filter((f) => f.code !== 'H_SERIES_FIELD')
              .map((f) => (
                <div key={`${f.code}${f.where}`} className={styles.lack}>
                  {words(f).text}
                </div>
              ))}
            {s.findings.length === 0 && <div className="dim">{t('setup.seriesComplete', { provider: connector.name })}</div>}
          </div>
          <Button
            size="compact-sm"
            variant={s.findings.length > 0 ? 'filled' : 'default'}
            component={Link}
            to={`/settings/series?edit=${s.id}`}
            aria-label={`${t('action.edit')}: ${s.name}`}
          >
            {t('action.edit')}
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** What to set up at the provider: our address, the boxes to tick, and the secret to bring back. */
function NoticesStep({ setup, connection, connector }: { setup: Setup } & Props) {
  const { t, language } = useTexts();
  const client = useQueryClient();
  const [secret, setSecret] = useState('');
  const { notices } = connector.setup;
  const save = useMutation({
    mutationFn: () => api.patch(`/connections/${connection.id}`, { secrets: { [notices!.secret!]: secret } }),
    onSuccess: async () => {
      setSecret('');
      toast({ text: t('common.saved'), tone: 'good' });
      await client.invalidateQueries({ predicate: (q) => ['connection', 'connections'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  if (!notices) return null;
  const { url, secretSet } = setup.notices!;
  return (
    <>
      <div className={styles.url}>
        <TextInput
          readOnly
          label={t('connections.intake')}
          description={t('connections.intakeAbout')}
          value={url}
          onFocus={(e) => e.target.select()}
        />
        <ActionIcon
          variant="default"
          size={36}
          aria-label={t('common.copy')}
          onClick={() => void copyText(url).then(() => toast({ text: t('common.copied') }))}
        >
          <Icon name="copy" size={16} />
        </ActionIcon>
      </div>
      <div className={styles.two}>
        <ol className={styles.how}>
          {notices.steps.map((step) => (
            <li key={step.en}>{step[language]}</li>
          ))}
        </ol>
        <div>
          <h3>{t('setup.boxes')}</h3>
          <ul className={styles.boxes}>
            {notices.boxes.map((box) => (
              <li key={box.label} data-needed={box.needed}>
                <Icon name="check" size={14} />
                <span lang="pl">{box.label}</span>
                {box.needed && <em>{t('setup.needed')}</em>}
              </li>
            ))}
          </ul>
          {notices.page && (
            <Button
              size="compact-md"
              variant="default"
              component="a"
              href={notices.page}
              target="_blank"
              rel="noreferrer"
              rightSection={<Icon name="link" size={14} />}
            >
              {t('causes.link')}
            </Button>
          )}
        </div>
      </div>
      {notices.secret && (
        <form
          className={styles.url}
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            if (secret.trim()) save.mutate();
          }}
        >
          <PasswordInput
            label={connector.settings.find((f) => f.key === notices.secret)?.label[language] ?? t('setup.secret')}
            description={
              secretSet ? t('connections.secretStored') : connector.settings.find((f) => f.key === notices.secret)?.help?.[language]
            }
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
            value={secret}
            onChange={(e) => setSecret(e.target.value)}
          />
          <Button type="submit" loading={save.isPending} disabled={!secret.trim()}>
            {t('common.save')}
          </Button>
        </form>
      )}
    </>
  );
}
