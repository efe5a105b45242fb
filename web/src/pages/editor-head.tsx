import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { memo } from 'react';
import { Link } from 'react-router';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { useT, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Either } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { StateChip } from '../ui/status.tsx';
import { useMoves } from './document-moves.tsx';
import styles from './editor.module.css';
import type { Pane, Props } from './editor.tsx';

/** Number, state and what can be done; drawn anew when one of them changes and not with each key. */
export const Head = memo(function Head({
  base,
  kind,
  held,
  told,
  pane,
  editable,
  splits,
  onPane,
  onIssue,
  onStep,
  onClose,
  onWithdraw,
  onOpen,
}: Pick<Props, 'onStep' | 'onClose' | 'onWithdraw' | 'onOpen'> & {
  base: DocumentDetail;
  kind: DocumentContent['kind'];
  held: boolean;
  told: 'saving' | 'unsaved' | 'refused' | '';
  pane: Pane;
  editable: boolean;
  /** Has lines to be parted. */
  splits: boolean;
  onPane: (pane: Pane) => void;
  onIssue: () => void;
}) {
  const t = useT();
  const { can } = useSession();
  const moves = useMoves(base, onOpen);
  return (
    <>
      <header className={styles.head}>
        <div className={styles.headText}>
          <h2 tabIndex={-1}>{base.number ?? base.series?.nextNumber ?? t(`kind.${kind}`)}</h2>
          <StateChip document={{ state: base.state, held: held }} />
          <span className={styles.saved} aria-live="polite">
            {told && t(`editor.${told}`)}
          </span>
        </div>
        <Either
          className={styles.panes}
          value={pane}
          onChange={onPane}
          data={[
            { value: 'form', label: t('editor.form') },
            { value: 'preview', label: t('editor.preview') },
          ]}
          label={t('editor.view')}
        />
        {can('issue') && editable && (
          <Tooltip label={t('editor.issueHint')}>
            <Button size="compact-md" onClick={onIssue} disabled={held}>
              {t('action.issue')}
            </Button>
          </Tooltip>
        )}
        <Menu position="bottom-end" width={240}>
          <Menu.Target>
            <ActionIcon aria-label={t('common.more')} size={30}>
              <Icon name="dots" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component={Link} to={`/documents/${base.id}`} leftSection={<Icon name="clock" size={16} />}>
              {t('editor.history')}
            </Menu.Item>
            {base.orderId && (
              <Menu.Item component={Link} to={`/orders/${base.orderId}`} leftSection={<Icon name="order" size={16} />}>
                {t('editor.order')}
              </Menu.Item>
            )}
            {moves.items}
            {editable && splits && <SplitItem document={base} onDone={onOpen} />}
            {editable && (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => onWithdraw(base.id)}>
                {t('action.withdraw')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
        <ActionIcon aria-label={t('keys.previous')} size={30} onClick={() => onStep(-1)}>
          <Icon name="up" size={16} />
        </ActionIcon>
        <ActionIcon aria-label={t('keys.next')} size={30} onClick={() => onStep(1)}>
          <Icon name="down" size={16} />
        </ActionIcon>
        <ActionIcon aria-label={t('common.close')} size={30} onClick={onClose}>
          <Icon name="close" size={16} />
        </ActionIcon>
      </header>
      {moves.dialogs}
    </>
  );
});

export const Totals = memo(function Totals({ totals, currency }: Pick<DocumentContent, 'totals' | 'currency'>) {
  const t = useT();
  const { money } = useFormats();
  return (
    <footer className={styles.totals} aria-live="polite">
      {totals.byRate.length > 1 && (
        <span className={styles.rates}>
          {totals.byRate.map((r) => `${r.key ?? (r.percent ? `${r.percent}%` : r.category)}: ${money(r.gross, currency)}`).join(' · ')}
        </span>
      )}
      <span className={styles.gap} />
      <span>
        {t('field.net')} <b>{money(totals.net, currency)}</b>
      </span>
      <span>
        {t('field.tax')} <b>{money(totals.tax, currency)}</b>
      </span>
      <span className={styles.gross}>
        {t('field.gross')} <b>{money(totals.gross, currency)}</b>
      </span>
    </footer>
  );
});

/** Takes the last line onto a document of its own; the parts can be edited further like any other. */
function SplitItem({ document, onDone }: { document: DocumentDetail; onDone: (id: string) => void }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const split = async () => {
    try {
      const line = document.content.lines.filter((l) => l.spread === undefined).at(-1)!;
      const answer = await api.post<{ id: string }>(`/documents/${document.id}/split`, {
        lines: [{ lineId: line.id, quantity: line.quantity }],
      });
      await client.invalidateQueries({ predicate: (q) => ['documents', 'document', 'count'].includes(String(q.queryKey[0])) });
      toast({ text: t('editor.splitDone'), tone: 'good' });
      onDone(answer.id);
    } catch (error) {
      toast({ error });
    }
  };
  return (
    <Menu.Item leftSection={<Icon name="split" size={16} />} onClick={() => void split()}>
      {t('editor.split')}
    </Menu.Item>
  );
}
