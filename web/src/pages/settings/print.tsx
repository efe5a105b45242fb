import { ActionIcon, Button, MultiSelect, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Agent, Connection, PrintRule, PrintRuleInput } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { printerChoices, splitChoice } from '../../printers.ts';
import { useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { useReturnFocus } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Lines, Section } from '../../ui/page.tsx';
import styles from '../agents.module.css';

const kinds = ['invoice', 'proforma', 'prepayment', 'final', 'correction', 'receipt'] as const;
const printTypes = ['original', 'copy', 'duplicate', 'label'] as const;
const sides = ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'] as const;
const media = ['iso_a4_210x297mm', 'iso_a5_148x210mm', 'iso_a6_105x148mm', 'om_100x150mm_100x150mm'];
const fail = (e: Error) => toast({ error: e });

/** Which document is printed as what, on which printer; looked at from the top. */
export default function PrintRules() {
  const t = useT();
  const { can } = useSession();
  const client = useQueryClient();
  const [editing, setEditing] = useState<PrintRule | 'new'>();
  const rules = useQuery({ queryKey: ['print-rules'], queryFn: () => api.get<{ items: PrintRule[] }>('/print-rules') });
  const agents = useQuery({ queryKey: ['agents'], queryFn: () => api.get<{ items: Agent[] }>('/agents') });
  const refresh = () => client.invalidateQueries({ queryKey: ['print-rules'] });
  const order = useMutation({ mutationFn: (ids: string[]) => api.post('/print-rules/order', { ids }), onSuccess: refresh, onError: fail });
  const remove = useMutation({ mutationFn: (id: string) => api.remove(`/print-rules/${id}`), onSuccess: refresh, onError: fail });
  const test = useMutation({
    mutationFn: (id: string) => api.post(`/print-rules/${id}/test`),
    onSuccess: () => toast({ text: t('print.testSent'), tone: 'good' }),
    onError: fail,
  });
  const error = rules.error ?? agents.error;
  if (isLost(error, rules.data && agents.data)) return <Failed error={error} retry={() => void rules.refetch()} />;
  if (!rules.data || !agents.data) return <Lines />;
  const items = rules.data.items;
  const usable = printerChoices(agents.data.items, t);
  const move = (at: number, by: number) => {
    const ids = items.map((r) => r.id);
    const [id] = ids.splice(at, 1);
    ids.splice(at + by, 0, id!);
    order.mutate(ids);
  };
  if (usable.length === 0)
    return (
      <Section>
        <Empty
          icon="print"
          title={t('print.noAgentTitle')}
          action={
            <Button component={Link} to="/agents">
              {t('nav.agents')}
            </Button>
          }
        >
          {t('print.noAgentText')}
        </Empty>
      </Section>
    );
  return (
    <>
      <Section
        title={t('settings.print')}
        flush
        actions={
          can('settings') &&
          !editing && (
            <Button size="compact-md" leftSection={<Icon name="plus" size={14} />} onClick={() => setEditing('new')}>
              {t('print.add')}
            </Button>
          )
        }
      >
        {items.length === 0 && editing ? null : items.length === 0 ? (
          <Empty icon="print" title={t('print.empty')}>
            {t('print.emptyText')}
          </Empty>
        ) : (
          <ol className={styles.rules}>
            {items.map((rule, i) => (
              <li key={rule.id} data-active={rule.active}>
                <span className={styles.order}>
                  <ActionIcon
                    size={24}
                    disabled={i === 0 || !can('settings')}
                    aria-label={t('print.up', { name: rule.name })}
                    onClick={() => move(i, -1)}
                  >
                    <Icon name="up" size={14} />
                  </ActionIcon>
                  <ActionIcon
                    size={24}
                    disabled={i === items.length - 1 || !can('settings')}
                    aria-label={t('print.down', { name: rule.name })}
                    onClick={() => move(i, 1)}
                  >
                    <Icon name="down" size={14} />
                  </ActionIcon>
                </span>
                <RuleWords rule={rule} />
                <span className={styles.acts}>
                  {can('send') && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => test.mutate(rule.id)}
                      aria-label={`${t('print.test')}: ${rule.name}`}
                    >
                      {t('print.test')}
                    </Button>
                  )}
                  {can('settings') && (
                    <>
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        onClick={() => setEditing(rule)}
                        aria-label={`${t('action.edit')}: ${rule.name}`}
                      >
                        {t('action.edit')}
                      </Button>
                      <AskingButton
                        loading={remove.isPending && remove.variables === rule.id}
                        question={t('print.removeSure', { name: rule.name })}
                        onYes={() => remove.mutate(rule.id)}
                        aria-label={t('common.deleteNamed', { name: rule.name })}
                      >
                        {t('common.delete')}
                      </AskingButton>
                    </>
                  )}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Section>
      {editing && (
        <RuleForm
          key={editing === 'new' ? 'new' : editing.id}
          rule={editing === 'new' ? undefined : editing}
          printers={usable}
          onDone={async () => {
            setEditing(undefined);
            await refresh();
          }}
          onCancel={() => setEditing(undefined)}
        />
      )}
    </>
  );
}

function RuleWords({ rule }: { rule: PrintRule }) {
  const t = useT();
  const { list, number } = useFormats();
  const what = [
    rule.kinds.length === 0 ? t('print.allKinds') : list(rule.kinds.map((k) => t(`kind.${k}`))),
    rule.connection,
    t(`printType.${rule.printType}`),
    rule.options.copies > 1 ? `× ${number(rule.options.copies)}` : undefined,
  ].filter(Boolean);
  const where = [rule.agent, rule.printer === null ? t('print.default') : rule.printerName].filter(Boolean);
  const more = [!rule.active && t('print.off'), rule.lastOne && t('print.lastOne')].filter(Boolean);
  return (
    <span className={styles.words}>
      <strong>{rule.name}</strong>
      <span>
        {what.join(' · ')} → {where.join(' · ')}
      </span>
      {more.length > 0 && <span className="dim">{more.join(' · ')}</span>}
    </span>
  );
}

function RuleForm({
  rule,
  printers,
  onDone,
  onCancel,
}: {
  rule: PrintRule | undefined;
  printers: { value: string; label: string }[];
  onDone: () => Promise<void>;
  onCancel: () => void;
}) {
  const t = useT();
  useReturnFocus();
  const first = splitChoice(printers[0]!.value);
  const [values, setValues] = useState<PrintRuleInput>({
    name: rule?.name ?? '',
    kinds: rule?.kinds ?? [],
    connectionId: rule?.connectionId ?? null,
    printType: rule?.printType ?? 'original',
    agentId: rule?.agentId ?? first.agentId,
    printer: rule?.printer ?? null,
    options: rule?.options ?? { copies: 1 },
    lastOne: rule?.lastOne ?? false,
    active: rule?.active ?? true,
  });
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const save = useMutation({
    mutationFn: () => (rule ? api.put(`/print-rules/${rule.id}`, values) : api.post('/print-rules', values)),
    onSuccess: async () => {
      toast({ text: t('common.saved'), tone: 'good' });
      await onDone();
    },
    onError: fail,
  });
  const set = (change: Partial<PrintRuleInput>) => setValues((v) => ({ ...v, ...change }));
  const options = values.options ?? { copies: 1 };
  const chosen = `${values.agentId}|${values.printer ?? ''}`;
  const known = printers.some((p) => p.value === chosen);
  return (
    <Section title={rule ? t('print.change') : t('print.add')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={styles.fields}>
          <TextInput
            label={t('field.name')}
            required
            withAsterisk={false}
            maxLength={80}
            autoFocus
            value={values.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <MultiSelect
            label={t('print.kinds')}
            placeholder={values.kinds?.length ? undefined : t('print.allKinds')}
            data={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))}
            value={values.kinds ?? []}
            onChange={(chosenKinds) => set({ kinds: chosenKinds as PrintRule['kinds'] })}
          />
          <Select
            label={t('print.connection')}
            placeholder={t('print.anyConnection')}
            clearable
            data={(connections.data?.items ?? [])
              .filter((c) => !['smtp', 'agent'].includes(c.connector))
              .map((c) => ({ value: c.id, label: c.name }))}
            value={values.connectionId ?? null}
            onChange={(connectionId) => set({ connectionId })}
          />
          <Select
            label={t('print.type')}
            allowDeselect={false}
            data={printTypes.map((p) => ({ value: p, label: t(`printType.${p}`) }))}
            value={values.printType ?? 'original'}
            onChange={(p) => {
              const printType = p as PrintRule['printType'];
              // A label is never scaled to the paper.
              set({ printType, ...(printType === 'label' ? { options: { ...options, scaling: 'none' } } : {}) });
            }}
          />
          <Select
            label={t('print.printer')}
            allowDeselect={false}
            data={known ? printers : [...printers, { value: chosen, label: rule?.printerName ?? chosen }]}
            value={chosen}
            onChange={(value) => value && set(splitChoice(value))}
          />
          <NumberInput
            label={t('print.copies')}
            min={1}
            max={99}
            value={options.copies}
            onChange={(copies) => set({ options: { ...options, copies: Math.max(1, Number(copies) || 1) } })}
          />
          <Select
            label={t('print.sides')}
            placeholder={t('print.asPrinter')}
            clearable
            data={sides.map((x) => ({ value: x, label: t(`printSides.${x}`) }))}
            value={options.sides ?? null}
            onChange={(x) => set({ options: { ...options, sides: (x as (typeof sides)[number]) ?? undefined } })}
          />
          <Select
            label={t('print.paper')}
            placeholder={t('print.asPrinter')}
            clearable
            data={media.map((m) => ({ value: m, label: paperName(m) }))}
            value={options.media ?? null}
            onChange={(m) => set({ options: { ...options, media: m ?? undefined } })}
          />
        </div>
        <Switch
          label={t('print.lastOne')}
          description={t('print.lastOneAbout')}
          checked={values.lastOne ?? false}
          onChange={(e) => set({ lastOne: e.currentTarget.checked })}
        />
        <Switch label={t('print.active')} checked={values.active ?? true} onChange={(e) => set({ active: e.currentTarget.checked })} />
        <div className={styles.end}>
          <Button variant="default" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** A self-describing media name (PWG 5101.1) as people say it. */
function paperName(name: string): string {
  const [, iso, size] = /^(?:iso_(a\d)|om_[^_]+)_(\d+x\d+)mm$/.exec(name) ?? [];
  return `${iso ? `${iso.toUpperCase()} · ` : ''}${(size ?? name).replace('x', ' × ')} mm`;
}
