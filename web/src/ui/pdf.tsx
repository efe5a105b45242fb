import { memo, useEffect, useRef, useState } from 'react';
import { whenHandsRest } from '../keys.ts';
import { useT } from '../texts.ts';
import { Lines } from './page.tsx';
import styles from './pdf.module.css';

const restMs = 350;

/**
 * A PDF beside its form. The page seen so far stays until the next one is ready, so typing does not make it blink. The browser's reader of
 * PDFs is a program of its own that takes the machine for a moment: it is asked for and shown when the hands rest. `firstAfterMs`: whoever
 * steps through documents gets no paper of each.
 */
export const PdfView = memo(function PdfView({
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
    let rest: () => void = () => {};
    const show = (blob: Blob) => {
      if (last.current) URL.revokeObjectURL(last.current);
      last.current = URL.createObjectURL(new Blob([blob], { type: 'application/pdf' }));
      setFailed(false);
      setAddress(last.current);
    };
    const ask = () =>
      box.current(stop.signal).then(
        (blob) => {
          if (!stop.signal.aborted) rest = whenHandsRest(restMs, () => show(blob));
        },
        () => {
          if (!stop.signal.aborted) setFailed(true);
        },
      );
    const timer = setTimeout(
      () => {
        rest = whenHandsRest(restMs, ask);
      },
      last.current ? 500 : waitMs.current,
    );
    return () => {
      clearTimeout(timer);
      rest();
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
});
