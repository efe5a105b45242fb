import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './shell.module.css';
import { useT } from './texts.ts';
import { useReturnFocus } from './ui/dialog.tsx';

/** The side bar on narrow screens. */
export default function NavDrawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const t = useT();
  useReturnFocus();
  return (
    <Drawer
      opened
      onClose={onClose}
      size={264}
      withCloseButton={false}
      padding={0}
      attributes={{ content: { 'aria-label': t('shell.menu') } }}
      classNames={{ body: styles.drawer }}
    >
      {children}
    </Drawer>
  );
}
