import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Connection, Connector, OrderWrites, Pull, Rehearsal } from '../../../src/api/schemas/index.ts';
import { addDays } from '../../../src/domain/days/day.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Findings } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Facts, Failed, Lines, Section } from '../ui/page.tsx';
import { Chip, type Tone, WayChip } from '../ui/status.tsx';
import { useToday } from '../ui/today.ts';
import styles from './channel.module.css';
import { ChannelSettings } from './channel-settings.tsx';
import connections from './connections.module.css';

/** What a channel with orders of its own has on its page: taking them, what is chosen about them, what went back, and the rehearsal. */
export function ChannelSections({ connection, connector }: { connection: Connection; connector: Connector }) {
  const { can } = useSession();
  const pulls = connector.capabilities.includes('pull-orders');
  const attaches = connector.capabilities.includes('attach');
  return (
    <>
      {pulls && <PullSection connection={connection} connector={connector} />}
      {can('connections') && connector.settings.some((field) => field.part) && (
        <ChannelSettings key={connection.id} connection={connection} connector={connector} />
      )}
      {attaches && <WritesSection connection={connection} />}
      {pulls && can('connections') && <RehearsalSection connection={connection} />}
    </>
  );
}

const fail = (e: Error) => toast({ error: e });

const outcomeWords: Record<string, Key> = {
  created: 'channel.created',
  updated: 'channel.updated',
  unchanged: 'channel.unchanged',
  cancelled: 'channel.cancelled',
  'changed-after-issue': 'channel.changedAfterIssue',
  superseded: 'channel.superseded',
  'known-elsewhere': 'channel.knownElsewhere',
  rejected: 'channel.rejected',
};

function PullSection({ connection, connector }: { connection: Connection; connector: Connector }) {
  const t = useT();
  const { can } = useSession();
  const { ago, time, exactClock, number } = useFormats();
  const words = useFindingWords();
  const client = useQueryClient();
  const pull = useQuery({
    queryKey: ['pull', connection.id],
    queryFn: () => api.get<Pull>(`/connections/${connection.id}/pull`),
    refetchInterval: ({ state }) => (state.data?.waitsUntil ? 5_000 : 30_000),
  });
  const refresh = () => client.invalidateQueries({ predicate: (q) => ['pull', 'orders', 'home'].includes(String(q.queryKey[0])) });
  const now = useMutation({ mutationFn: () => api.post(`/connections/${connection.id}/pull`), onSuccess: refresh, onError: fail });
  const again = useMutation({
    mutationFn: (externalId: string) => api.post(`/connections/${connection.id}/orders/${encodeURIComponent(externalId)}/read`),
    onSuccess: refresh,
    onError: fail,
  });
  const data = pull.data;
  return (
    <Section
      title={t('channel.orders')}
      about={data ? t('channel.ordersAbout', { every: number(data.everyMs / 60_000) }) : undefined}
      actions={
        can('edit') && (
          <Button
            variant="default"
            disabled={connection.status !== 'active'}
            loading={now.isPending || data?.running}
            onClick={() => now.mutate()}
            leftSection={<Icon name="refresh" size={16} />}
          >
            {t('channel.pullNow')}
          </Button>
        )
      }
    >
      {isLost(pull.error, pull.data) ? (
        <Failed error={pull.error} retry={() => void pull.refetch()} />
      ) : !data ? (
        <Lines count={3} />
      ) : (
        <>
          <Facts
            items={[
              [
                t('channel.inAll'),
                <Link key="orders" to="/orders">
                  {number(data.orders)}
                </Link>,
              ],
              [
                t('channel.last'),
                data.running ? (
                  t('channel.running')
                ) : data.lastAt ? (
                  <span key="last" title={time(data.lastAt)}>
                    {ago(data.lastAt)}
                  </span>
                ) : (
                  t('channel.never')
                ),
              ],
              [
                t('channel.next'),
                connection.status !== 'active' || !data.nextAt ? (
                  t('channel.rests')
                ) : data.waitsUntil ? (
                  <span key="next" role="status">
                    {t('channel.waitsForLimit', { name: connector.name, time: exactClock(data.waitsUntil) })}
                  </span>
                ) : (
                  time(data.nextAt)
                ),
              ],
              [
                t('channel.lastRun'),
                Object.entries(data.counts)
                  .filter(([, n]) => n > 0)
                  .map(([outcome, n]) => `${number(n)} ${outcomeWords[outcome] ? t(outcomeWords[outcome]) : outcome}`)
                  .join(', '),
              ],
            ]}
          />
          {data.cause && (
            <div className={connections.check} data-ok="false">
              <Icon name="cause" size={20} />
              <div>
                <strong>{words(data.cause).text}</strong>
                <p style={{ margin: '4px 0 0' }}>{words(data.cause).remedy}</p>
              </div>
            </div>
          )}
          {data.rejectCount > 0 && (
            <div>
              <h3 style={{ margin: '6px 0 2px', fontSize: '0.875rem' }}>{t('channel.unreadable', { count: data.rejectCount })}</h3>
              <p className="dim" style={{ margin: '0 0 6px' }}>
                {t('channel.unreadableAbout')}
              </p>
              <ul className={styles.list}>
                {data.rejects.map((reject) => (
                  <li key={reject.externalId}>
                    <div>
                      <strong>{reject.externalId || '—'}</strong> {words(reject.finding).text}
                      <br />
                      <small>
                        {time(reject.firstAt)} · {t('channel.tries', { count: reject.tries })}
                      </small>
                    </div>
                    {can('edit') && reject.externalId && (
                      <Button size="compact-sm" variant="light" loading={again.isPending} onClick={() => again.mutate(reject.externalId)}>
                        {t('channel.readAgain')}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </>
      )}
    </Section>
  );
}

const things: Record<string, Key> = {
  file: 'channel.thingFile',
  status: 'channel.thingStatus',
  text: 'channel.thingText',
  note: 'channel.thingNote',
};

function WritesSection({ connection }: { connection: Connection }) {
  const t = useT();
  const { can } = useSession();
  const { ago, time, number } = useFormats();
  const words = useFindingWords();
  const client = useQueryClient();
  const [all, setAll] = useState(false);
  const writes = useQuery({
    queryKey: ['order-writes', connection.id],
    queryFn: () => api.get<OrderWrites>(`/connections/${connection.id}/order-writes?limit=100`),
  });
  const again = useMutation({
    mutationFn: (id: string) => api.post(`/order-writes/${id}/again`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['order-writes'] }),
    onError: fail,
  });
  const data = writes.data;
  const of = (...statuses: string[]) => data?.counts.filter((c) => statuses.includes(c.status)).reduce((n, c) => n + c.count, 0) ?? 0;
  const shown = data?.items.slice(0, all ? 100 : 8) ?? [];
  return (
    <Section title={t('channel.writes')} about={t('channel.writesAbout')}>
      {isLost(writes.error, writes.data) ? (
        <Failed error={writes.error} retry={() => void writes.refetch()} />
      ) : !data ? (
        <Lines count={3} />
      ) : data.items.length === 0 ? (
        <Empty icon="document" title={t('channel.writesNone')}>
          {t('channel.writesNoneAbout')}
        </Empty>
      ) : (
        <>
          <div className={styles.numbers}>
            <div data-tone="good">
              <strong>{number(of('visible', 'replaced'))}</strong>
              <span>{t('channel.seenThere')}</span>
            </div>
            <div>
              <strong>{number(of('waiting', 'sending', 'uploaded'))}</strong>
              <span>{t('channel.underWay')}</span>
            </div>
            <div data-tone={of('unknown') > 0 ? 'bad' : undefined}>
              <strong>{number(of('unknown'))}</strong>
              <span>{t('channel.unclear')}</span>
            </div>
            <div data-tone={of('refused') > 0 ? 'bad' : undefined}>
              <strong>{number(of('refused'))}</strong>
              <span>{t('channel.notTaken')}</span>
            </div>
          </div>
          <ul className={styles.list}>
            {shown.map((item) => (
              <li key={item.id}>
                <div>
                  {things[item.thing] ? t(things[item.thing]!) : item.thing}{' '}
                  <Link to={`/documents/${item.documentId}`}>{item.documentNumber ?? t('channel.draft')}</Link> →{' '}
                  {t('channel.order', { number: item.orderNumber })}
                  <br />
                  <small title={time(item.updatedAt)}>
                    {ago(item.updatedAt)}
                    {item.cause && ` · ${words(item.cause).text}`}
                  </small>
                </div>
                <div className={styles.ways}>
                  <WayChip status={item.status} />
                  {can('edit') && (item.status === 'refused' || item.status === 'unknown') && (
                    <Button size="compact-sm" variant="light" loading={again.isPending} onClick={() => again.mutate(item.id)}>
                      {t('channel.again')}
                    </Button>
                  )}
                </div>
              </li>
            ))}
          </ul>
          {data.items.length > 8 && (
            <Button size="compact-sm" variant="subtle" style={{ alignSelf: 'flex-start' }} onClick={() => setAll((on) => !on)}>
              {all ? t('channel.fewer') : t('channel.more', { count: data.items.length - 8 })}
            </Button>
          )}
        </>
      )}
    </Section>
  );
}

const verdicts: Record<Rehearsal['orders'][number]['verdict'], { word: Key; tone: Tone }> = {
  issue: { word: 'rehearsal.issue', tone: 'good' },
  held: { word: 'rehearsal.held', tone: 'bad' },
  wait: { word: 'rehearsal.wait', tone: 'wait' },
  nothing: { word: 'rehearsal.nothing', tone: 'plain' },
  known: { word: 'rehearsal.known', tone: 'info' },
  unreadable: { word: 'rehearsal.unreadable', tone: 'bad' },
};

function RehearsalSection({ connection }: { connection: Connection }) {
  const t = useT();
  const { money, day, number } = useFormats();
  const words = useFindingWords();
  const today = useToday();
  const [from, setFrom] = useState(() => addDays(today, -7));
  const [to, setTo] = useState(today);
  const [only, setOnly] = useState<string>();
  const run = useMutation({
    mutationFn: () => api.post<Rehearsal>(`/connections/${connection.id}/rehearsal`, { from, to, limit: 100 }),
    onError: fail,
  });
  const seen = run.data;
  const orders = seen?.orders.filter((o) => !only || o.verdict === only) ?? [];
  return (
    <Section title={t('rehearsal.title')} about={t('rehearsal.about')}>
      <form
        className={styles.period}
        onSubmit={(event) => {
          event.preventDefault();
          setOnly(undefined);
          run.mutate();
        }}
      >
        <TextInput
          type="date"
          label={t('rehearsal.from')}
          required
          withAsterisk={false}
          value={from}
          max={to}
          onChange={(e) => setFrom(e.target.value)}
        />
        <TextInput
          type="date"
          label={t('rehearsal.to')}
          required
          withAsterisk={false}
          value={to}
          min={from}
          onChange={(e) => setTo(e.target.value)}
        />
        <Button type="submit" loading={run.isPending} leftSection={<Icon name="play" size={16} />}>
          {t('rehearsal.go')}
        </Button>
        {run.isPending && <span className="dim">{t('rehearsal.patience')}</span>}
      </form>
      {seen && (
        <>
          <div className={styles.numbers} role="status">
            {(Object.keys(verdicts) as (keyof typeof verdicts)[]).map((verdict) => (
              <div
                key={verdict}
                data-tone={verdict === 'issue' ? 'good' : seen.counts[verdict] && verdicts[verdict].tone === 'bad' ? 'bad' : undefined}
              >
                <strong>{number(seen.counts[verdict] ?? 0)}</strong>
                <span>{t(verdicts[verdict].word)}</span>
              </div>
            ))}
          </div>
          {seen.totals.length > 0 && (
            <p style={{ margin: 0 }}>
              {t('rehearsal.total')} <strong>{seen.totals.map((total) => money(total.gross, total.currency)).join(' + ')}</strong>
            </p>
          )}
          {seen.causes.length > 0 && (
            <Findings
              items={seen.causes.map((cause) => ({ ...cause, level: 'hold' as const }))}
              extra={(found) => (
                <Chip tone="bad">{t('rehearsal.many', { count: seen.causes.find((c) => c.code === found.code)?.count ?? 0 })}</Chip>
              )}
            />
          )}
          {seen.orders.length === 0 ? (
            <p className="dim" style={{ margin: 0 }}>
              {t('rehearsal.none')}
            </p>
          ) : (
            <>
              <div className={styles.ways} style={{ justifyContent: 'flex-start' }}>
                {[undefined, ...(Object.keys(verdicts) as (keyof typeof verdicts)[]).filter((v) => seen.counts[v])].map((verdict) => (
                  <Button
                    key={verdict ?? 'all'}
                    size="compact-sm"
                    variant={only === verdict ? 'filled' : 'default'}
                    aria-pressed={only === verdict}
                    onClick={() => setOnly(verdict)}
                  >
                    {verdict ? t(verdicts[verdict].word) : t('rehearsal.all')}
                  </Button>
                ))}
              </div>
              <section className={styles.scroll} tabIndex={0} aria-label={t('rehearsal.title')}>
                <table>
                  <thead>
                    <tr>
                      <th>{t('rehearsal.order')}</th>
                      <th>{t('rehearsal.day')}</th>
                      <th>{t('rehearsal.buyer')}</th>
                      <th style={{ textAlign: 'right' }}>{t('rehearsal.gross')}</th>
                      <th>{t('rehearsal.what')}</th>
                      <th>{t('rehearsal.why')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {orders.map((order) => (
                      <tr key={order.externalId}>
                        <td>{order.number}</td>
                        <td>{day(order.day)}</td>
                        <td>{order.buyer}</td>
                        <td className={styles.money}>{order.currency && money(order.gross, order.currency)}</td>
                        <td>
                          <Chip tone={verdicts[order.verdict].tone}>{t(verdicts[order.verdict].word)}</Chip>
                        </td>
                        <td>
                          {order.verdict === 'issue'
                            ? ''
                            : order.findings
                                .filter((f) => f.level !== 'warning')
                                .map((f) => words(f).text)
                                .join(' ')}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
              {seen.more && (
                <p className="dim" style={{ margin: 0 }}>
                  {t('rehearsal.more')}
                </p>
              )}
            </>
          )}
        </>
      )}
    </Section>
  );
}
