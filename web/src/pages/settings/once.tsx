import { Button } from '@mantine/core';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { copyText } from '../../ui/copy.ts';
import { Icon } from '../../ui/icon.tsx';
import styles from '../settings.module.css';

/** Something shown this once: copy it now. */
export function Once({ title, value, onClose }: { title: string; value: string; onClose: () => void }) {
  const t = useT();
  return (
    <div className={styles.once} role="status">
      <strong>{title}</strong>
      <code>{value}</code>
      <div className={styles.buttons}>
        <Button
          size="compact-md"
          leftSection={<Icon name="copy" size={14} />}
          onClick={() => void copyText(value).then(() => toast({ text: t('common.copied') }))}
        >
          {t('common.copy')}
        </Button>
        <Button size="compact-md" variant="subtle" color="gray" onClick={onClose}>
          {t('common.done')}
        </Button>
      </div>
    </div>
  );
}
