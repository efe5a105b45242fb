import { Button, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Receivable } from '../../../../src/api/schemas/receivables.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useFindingWords, useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Chip, WayChip } from '../../ui/status.tsx';
import type { ActionShown } from '../receivable.tsx';
import styles from './receivable.module.css';

export function ActionItem({ action, claim, onDone }: { action: ActionShown; claim: Receivable; onDone: () => void }) {
  const t = useT();
  const words = useFindingWords();
  const { time, money } = useFormats();
  const { can } = useSession();
  const amount = (action.foreseen as { amount?: { gross?: string } } | null)?.amount?.gross;
  const newNumber = (action.answer as { newNumber?: string } | null)?.newNumber;
  const cause = action.cause && words(action.cause);
  const post = useMutation({
    mutationFn: (way: 'retry' | 'withdraw') => api.post(`/receivables/actions/${action.id}/${way}`),
    onError: (e) => toast({ error: e }),
    onSettled: onDone,
  });
  const open = ['waiting', 'pending', 'unknown'].includes(action.status);
  return (
    <li>
      <div className={styles.actionHead}>
        <strong>{t(`verb.${action.verb as 'activate'}`)}</strong>
        <WayChip status={action.status} />
        {action.already && <Chip tone="plain">{t('receivable.already')}</Chip>}
        <span className={styles.closedSum}>{amount && money(amount, claim.currency)}</span>
      </div>
      <div className="dim">
        {[
          action.part && t('receivable.partShort', { seq: action.part }),
          time(action.createdAt),
          action.createdBy === 'automatic' ? t('receivable.byRule') : action.createdBy,
        ]
          .filter(Boolean)
          .join(' · ')}
        {newNumber ? ` · ${t('receivable.restNumber', { number: newNumber })}` : ''}
      </div>
      {cause && (
        <div className={styles.cause} data-tone={action.status === 'rejected' || action.status === 'unknown' ? 'bad' : 'wait'}>
          {cause.text} <span className="dim">{cause.remedy}</span>
          {action.cause?.providerCode && <code>{action.cause.providerCode}</code>}
        </div>
      )}
      {can('send') && open && (
        <div className={styles.buttons}>
          {action.status === 'unknown' && !action.nextAt && <Answer action={action} onDone={onDone} />}
          <Button size="compact-sm" variant="subtle" onClick={() => post.mutate('retry')} loading={post.isPending}>
            {t('receivable.retry')}
          </Button>
          {action.status === 'waiting' && (
            <Button size="compact-sm" variant="subtle" onClick={() => post.mutate('withdraw')}>
              {t('receivable.withdraw')}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

/** A person looked it up at the provider. */
function Answer({ action, onDone }: { action: ActionShown; onDone: () => void }) {
  const t = useT();
  const [happened, setHappened] = useState<string>();
  const [number, setNumber] = useState('');
  const part = action.verb === 'activate' && (action.action as { picks?: unknown }).picks !== undefined;
  const say = useMutation({
    mutationFn: () =>
      api.post(`/receivables/actions/${action.id}/answer`, {
        happened: happened === 'yes',
        ...(happened === 'yes' && number.trim() ? (action.verb === 'add' ? { number: number.trim() } : { newNumber: number.trim() }) : {}),
      }),
    onError: (e) => toast({ error: e }),
    onSettled: onDone,
  });
  return (
    <fieldset className={styles.answer}>
      <legend>{t('receivable.happened')}</legend>
      <Radio.Group value={happened ?? ''} onChange={setHappened} aria-label={t('receivable.happened')}>
        <div className={styles.chips}>
          <Radio value="yes" label={t('common.yes')} />
          <Radio value="no" label={t('common.no')} />
        </div>
      </Radio.Group>
      {happened === 'yes' && (part || action.verb === 'add') && (
        <TextInput
          label={t(part ? 'receivable.restNumberAsk' : 'field.number')}
          value={number}
          onChange={(e) => setNumber(e.target.value)}
        />
      )}
      <Button
        size="compact-sm"
        disabled={!happened || (happened === 'yes' && action.verb === 'add' && !number.trim())}
        loading={say.isPending}
        onClick={() => say.mutate()}
      >
        {t('common.save')}
      </Button>
    </fieldset>
  );
}
