import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ExportFile, Selection } from '../../../src/api/schemas/index.ts';
import { ApiError, api, type Found, fileAddress } from '../api.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Findings } from '../ui/findings.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines } from '../ui/page.tsx';
import styles from './month-end.module.css';

type Way = { connector: string; name: string; connectionId: string | null };

/** The chosen documents as one file for an accounting program. */
export default function ExportDialog({ selection, onClose }: { selection: Selection; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [chosen, setChosen] = useState(0);
  const [again, setAgain] = useState(false);
  const [refused, setRefused] = useState<Found[]>([]);
  const ways = useQuery({ queryKey: ['books', 'ways'], queryFn: () => api.get<{ items: Way[] }>('/books/ways') });
  const make = useMutation({
    mutationFn: ({ connector, connectionId }: Way) =>
      api.post<ExportFile>('/books/files', { connector, connectionId: connectionId ?? undefined, selection, again }),
    onSuccess: (made) => {
      toast({ text: t('month.made', { name: made.name, count: made.documents }), tone: 'good' });
      window.location.assign(fileAddress(`/books/files/${made.id}/content`));
      void client.invalidateQueries({ queryKey: ['books'] });
      const reasons = made.refused.flatMap((r) => r.findings);
      if (reasons.length === 0) return onClose();
      setRefused(reasons);
    },
    onError: (e) => {
      if (e instanceof ApiError && e.problem.findings?.length) setRefused(e.problem.findings);
      else toast({ error: e });
    },
  });
  const items = ways.data?.items;
  return (
    <Dialog onClose={onClose} title={t('month.programs')}>
      {isLost(ways.error, items) ? (
        <Failed error={ways.error} retry={() => void ways.refetch()} />
      ) : !items ? (
        <Lines count={3} />
      ) : (
        <form
          className={styles.dialog}
          onSubmit={(event) => {
            event.preventDefault();
            setRefused([]);
            make.mutate(items[chosen]!);
          }}
        >
          <p className="dim">{t('month.programsAbout')}</p>
          <NativeSelect
            label={t('month.program')}
            value={String(chosen)}
            onChange={(e) => setChosen(Number(e.target.value))}
            data={items.map((way, i) => ({ value: String(i), label: way.name }))}
          />
          <Checkbox
            label={t('month.again')}
            description={t('month.againHint')}
            checked={again}
            onChange={(e) => setAgain(e.target.checked)}
          />
          <Findings items={refused} />
          <div className={styles.save}>
            <Button type="submit" loading={make.isPending}>
              {t('month.make')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
