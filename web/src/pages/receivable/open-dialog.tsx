import { Button, NativeSelect, PasswordInput, Radio, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Administrants, AskedAnswer } from '../../../../src/api/schemas/receivables.ts';
import { ApiError, api, type Found } from '../../api.ts';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Findings } from '../../ui/findings.tsx';
import ProblemWords from '../../ui/problem.tsx';
import { useOnce, wasSentBefore } from '../../ui/use-once.ts';
import styles from './receivable.module.css';
import { Preview } from './verb-dialog.tsx';

type Props = { orderId: string; currency: string; providers: Administrants['items']; onClose: () => void };

/** Opens a claim for an order, or takes over one that the provider’s checkout made. */
export default function OpenDialog({ orderId, currency, providers, onClose }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { once, refused: renew } = useOnce();
  const [connectionId, setConnectionId] = useState(providers[0]?.id ?? '');
  const provider = providers.find((p) => p.id === connectionId);
  const [way, setWay] = useState<'open' | 'adopt'>(provider?.canOpen ? 'open' : 'adopt');
  const [buyerNumber, setBuyerNumber] = useState('');
  const [buyerIp, setBuyerIp] = useState('');
  const [number, setNumber] = useState('');
  const body = { connectionId, orderId, ...(buyerNumber.trim() ? { buyerNumber: buyerNumber.trim() } : {}) };
  const open = { ...body, ...(buyerIp.trim() ? { buyerIp: buyerIp.trim() } : {}) };
  const [asked, setAsked] = useState(JSON.stringify(open));
  useEffect(() => {
    const timer = setTimeout(() => setAsked(JSON.stringify(open)), 350);
    return () => clearTimeout(timer);
  });
  const dry = useQuery({
    queryKey: ['foresight', 'open', asked],
    enabled: way === 'open',
    queryFn: async () => {
      try {
        const answer = await api.post<AskedAnswer>('/receivables', { ...JSON.parse(asked), dryRun: true });
        return { foresight: answer.foresight, findings: (answer.foresight?.findings ?? []) as Found[] };
      } catch (error) {
        if (error instanceof ApiError && error.problem.findings) return { foresight: undefined, findings: error.problem.findings };
        throw error;
      }
    },
    // A personal number is part of the key: nothing of it stays in memory.
    gcTime: 0,
    retry: false,
  });
  const [refused, setRefused] = useState<Found[]>([]);
  useEffect(() => setRefused([]), [asked, way]);
  const go = useMutation({
    mutationFn: () =>
      way === 'open'
        ? api.post<AskedAnswer>('/receivables', open, { once })
        : api.post<AskedAnswer>('/receivables/adopt', { ...body, ...(number.trim() ? { number: number.trim() } : {}) }),
    onSuccess: (answer) => void navigate(`/receivables/${answer.receivableId}`),
    onMutate: () => setRefused([]),
    onError: (e) => {
      renew(e);
      if (e instanceof ApiError && e.problem.findings) setRefused(e.problem.findings);
      else toast({ error: e });
      if (!wasSentBefore(e)) return;
      void client.invalidateQueries({ queryKey: ['receivables'] });
      onClose();
    },
  });
  const findings = refused.length > 0 ? refused : way === 'open' ? (dry.data?.findings ?? []) : [];
  const ready = way === 'open' ? dry.data?.foresight !== undefined : true;
  return (
    <Dialog onClose={onClose} size="lg" title={t('receivable.openTitle')}>
      <form
        className={styles.dialog}
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) go.mutate();
        }}
      >
        {providers.length > 1 && (
          <NativeSelect
            label={t('receivable.provider')}
            value={connectionId}
            onChange={(e) => setConnectionId(e.target.value)}
            data={providers.map((p) => ({ value: p.id, label: p.name }))}
          />
        )}
        <Radio.Group value={way} onChange={(value) => setWay(value as 'open')} aria-label={t('receivable.openWay')}>
          <div className={styles.ways}>
            <Radio value="open" disabled={!provider?.canOpen} label={t('receivable.wayOpen')} description={t('receivable.wayOpenAbout')} />
            <Radio value="adopt" label={t('receivable.wayAdopt')} description={t('receivable.wayAdoptAbout')} />
          </div>
        </Radio.Group>
        {way === 'adopt' && (
          <TextInput label={t('receivable.adoptNumber')} value={number} onChange={(e) => setNumber(e.target.value)} autoComplete="off" />
        )}
        <PasswordInput
          label={t('receivable.buyerNumber')}
          description={t('receivable.buyerNumberAbout')}
          value={buyerNumber}
          onChange={(e) => setBuyerNumber(e.target.value)}
          inputMode="numeric"
          autoComplete="off"
          maxLength={20}
          visibilityToggleButtonProps={{ 'aria-label': t('receivable.show') }}
        />
        {way === 'open' && (
          <TextInput
            label={t('receivable.buyerIp')}
            value={buyerIp}
            onChange={(e) => setBuyerIp(e.target.value)}
            autoComplete="off"
            maxLength={45}
          />
        )}
        {way === 'open' && <Preview claim={{ currency }} foresight={dry.data?.foresight} />}
        <div aria-live="polite">
          {way === 'open' && dry.error && (
            <p role="alert">
              <ProblemWords error={dry.error} />
            </p>
          )}
          <Findings items={findings} />
        </div>
        <div className={styles.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            {t('common.close')}
          </Button>
          <Button type="submit" disabled={!ready} loading={go.isPending}>
            {t(way === 'open' ? 'verbGo.add' : 'receivable.adopt')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
