import { Button, NumberInput, Select } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Agent, Selection } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { printerChoices, splitChoice } from '../printers.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines } from '../ui/page.tsx';
import styles from './agents.module.css';

const byRules = 'rules';
const printTypes = ['original', 'copy', 'duplicate', 'label'] as const;

/** Prints documents through an agent: by the rules, or on a printer chosen now; or in the browser, as ever. */
export default function PrintDialog({
  selection,
  onClose,
  onDone,
  inBrowser,
}: {
  selection: Selection;
  onClose: () => void;
  onDone: () => unknown;
  inBrowser?: () => void;
}) {
  const t = useT();
  const [where, setWhere] = useState(byRules);
  const [printType, setPrintType] = useState<(typeof printTypes)[number]>('original');
  const [copies, setCopies] = useState<number | string>(1);
  const agents = useQuery({ queryKey: ['agents'], queryFn: () => api.get<{ items: Agent[] }>('/agents') });
  const send = useMutation({
    mutationFn: () => {
      const choice = where === byRules ? undefined : { ...splitChoice(where), printType, options: { copies: Number(copies) || 1 } };
      return api.post<{ queued: string[] }>('/documents/print', { selection, ...(choice ? { choice } : {}) });
    },
    onSuccess: (answer) => {
      toast({ text: t('print.queued', { count: answer.queued.length }), tone: 'good' });
      onDone();
      onClose();
    },
    onError: (error) => toast({ error }),
  });
  const choices = agents.data ? printerChoices(agents.data.items, t) : [];
  return (
    <Dialog onClose={onClose} title={t('print.title')}>
      {isLost(agents.error, agents.data) ? (
        <Failed error={agents.error} retry={() => void agents.refetch()} />
      ) : !agents.data ? (
        <Lines count={3} />
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            send.mutate();
          }}
        >
          {choices.length === 0 ? (
            <p>
              {t('print.noAgentText')} <Link to="/agents">{t('nav.agents')}</Link>
            </p>
          ) : (
            <>
              <Select
                data-autofocus
                label={t('print.where')}
                allowDeselect={false}
                data={[{ value: byRules, label: t('print.byRules') }, ...choices]}
                value={where}
                onChange={(value) => value && setWhere(value)}
              />
              {where !== byRules && (
                <div className={styles.fields}>
                  <Select
                    label={t('print.type')}
                    allowDeselect={false}
                    data={printTypes.map((p) => ({ value: p, label: t(`printType.${p}`) }))}
                    value={printType}
                    onChange={(p) => p && setPrintType(p as (typeof printTypes)[number])}
                  />
                  <NumberInput label={t('print.copies')} min={1} max={99} value={copies} onChange={setCopies} />
                </div>
              )}
            </>
          )}
          <div className={styles.end}>
            {inBrowser && (
              <Button
                // Without an agent this is the way.
                variant={choices.length > 0 ? 'default' : 'filled'}
                data-autofocus={choices.length === 0 || undefined}
                onClick={() => {
                  onClose();
                  inBrowser();
                }}
              >
                {t('print.inBrowser')}
              </Button>
            )}
            {choices.length > 0 && (
              <Button type="submit" loading={send.isPending} leftSection={<Icon name="print" size={16} />}>
                {t('action.print')}
              </Button>
            )}
          </div>
        </form>
      )}
    </Dialog>
  );
}
