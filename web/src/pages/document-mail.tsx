import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';

export function MailDialog({ document: doc, onClose, onDone }: { document: DocumentDetail; onClose: () => void; onDone: () => unknown }) {
  const t = useT();
  const words = useFindingWords();
  const [to, setTo] = useState(doc.deliveries.findLast((d) => d.way === 'mail')?.recipient || (doc.buyerEmail ?? ''));
  const [subject, setSubject] = useState('');
  const [masked, setMasked] = useState(false);
  const send = useMutation({
    mutationFn: () =>
      api.post<{ queued: string[]; refused: { id: string; findings: { code: string; params?: Record<string, string> }[] }[] }>(
        `/documents/${doc.id}/mail`,
        {
          to: to.split(/[\s,;]+/).filter(Boolean),
          ...(subject ? { subject } : {}),
          again: true,
          ...(masked ? { evenMasked: true } : {}),
        },
      ),
    onSuccess: (answer) => {
      const first = answer.refused[0]?.findings[0];
      if (answer.queued.length === 0 && first) {
        // The second press of the button, with the warning read, sends all the same.
        if (/MASK/i.test(first.code)) setMasked(true);
        toast({ text: words(first).text, tone: 'bad' });
        return;
      }
      toast({ text: t('document.mailed', { to }), tone: 'good' });
      onDone();
      onClose();
    },
    onError: (error) => toast({ error }),
  });
  return (
    <Dialog onClose={onClose} title={t('document.mailTitle', { number: doc.number ?? '' })}>
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 14 }}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <TextInput
          data-autofocus
          label={t('document.mailTo')}
          type="text"
          inputMode="email"
          required
          withAsterisk={false}
          value={to}
          onChange={(e) => setTo(e.target.value)}
          description={t('document.mailToAbout')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
        />
        <TextInput
          label={t('field.subject')}
          value={subject}
          onChange={(e) => setSubject(e.target.value)}
          placeholder={t('editor.fromTemplate')}
        />
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={send.isPending} leftSection={<Icon name="send" size={16} />}>
            {masked ? t('document.mailMasked') : t('action.send')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
