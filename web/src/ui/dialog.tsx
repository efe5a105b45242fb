import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useT } from '../texts.ts';

/** A window over the page. It is there only while it is open; then the focus goes back to what opened it. */
export function Dialog(props: Omit<ModalProps, 'opened' | 'closeButtonProps'>) {
  const t = useT();
  useReturnFocus();
  return <Modal opened closeButtonProps={{ 'aria-label': t('common.close') }} {...props} />;
}

const nameOf = (element: Element) => element.getAttribute('aria-label') ?? element.textContent;

/**
 * The focus goes back to where it was before: to that element, to what is drawn anew under its name, or, from an entry of a menu that has
 * closed, to the menu's button.
 */
export function useReturnFocus(wanted = true): void {
  const [from] = useState(() => {
    const active = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    const menu = active?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
    return { active, name: active && nameOf(active), button: menu ? document.getElementById(menu) : undefined };
  });
  useEffect(
    () => () => {
      if (!wanted) return;
      // After whatever else the closing does: a page that has taken the focus meanwhile keeps it.
      setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return;
        const anew = () => {
          const alike = [...document.querySelectorAll<HTMLElement>('main :is(a, button)')].filter((one) => nameOf(one) === from.name);
          return from.name && alike.length === 1 ? alike[0] : undefined;
        };
        const back = from.active?.isConnected ? from.active : (from.button ?? anew());
        back?.focus({ preventScroll: true });
      }, 0);
    },
    [from, wanted],
  );
}
