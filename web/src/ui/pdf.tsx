import { useEffect, useRef, useState } from 'react';
import { useT } from '../texts.ts';
import { Lines } from './page.tsx';
import styles from './pdf.module.css';

/**
 * A PDF beside its form. The page seen so far stays until the next one is ready, so typing does not make it blink. `firstAfterMs`: whoever
 * steps through documents gets no paper of each, it is made once the hands rest.
 */
export function PdfView({
  load,
  marker,
  title,
  firstAfterMs = 0,
}: {
  load: (signal: AbortSignal) => Promise<Blob>;
  marker: string;
  title: string;
  firstAfterMs?: number;
}) {
  const t = useT();
  const [address, setAddress] = useState<string>();
  const [failed, setFailed] = useState(false);
  const last = useRef<string>(undefined);
  const waitMs = useRef(firstAfterMs);
  const box = useRef(load);
  box.current = load;
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        box.current(stop.signal).then(
          (blob) => {
            if (last.current) URL.revokeObjectURL(last.current);
            last.current = URL.createObjectURL(new Blob([blob], { type: 'application/pdf' }));
            setFailed(false);
            setAddress(last.current);
          },
          () => {
            if (!stop.signal.aborted) setFailed(true);
          },
        );
      },
      last.current ? 500 : waitMs.current,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [marker]);
  useEffect(() => () => void (last.current && URL.revokeObjectURL(last.current)), []);
  return (
    <div className={styles.view}>
      {address ? (
        <iframe key={address} className={styles.frame} src={`${address}#toolbar=0&navpanes=0&view=FitH`} title={title} />
      ) : failed ? null : (
        <div className={styles.paper}>
          <Lines count={14} height={10} />
        </div>
      )}
      {failed && <div className={styles.note}>{t('pdf.failed')}</div>}
    </div>
  );
}
