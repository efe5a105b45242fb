import { Switch } from '@mantine/core';
import { keyCaps, type Scope, setSingleKeys, useScopes, useSingleKeys } from './keys.ts';
import styles from './shortcuts.module.css';
import { useT } from './texts.ts';
import { Dialog } from './ui/dialog.tsx';

/** What the keys do here and now: made from the bindings themselves, so it cannot be out of date. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useT();
  const single = useSingleKeys();
  const groups = useScopes().reduce<Scope[]>((all, scope) => {
    const same = all.find((s) => s.title === scope.title);
    if (same) same.bindings.push(...scope.bindings);
    else all.unshift({ title: scope.title, bindings: [...scope.bindings] });
    return all;
  }, []);
  return (
    <Dialog onClose={onClose} title={t('keys.sheet')} size="xl">
      <div className={styles.sheet}>
        {groups.map((scope) => (
          <section key={scope.title}>
            <h2>{t(scope.title)}</h2>
            <dl>
              {scope.bindings.map((binding) => (
                <div key={binding.keys}>
                  <dt>{t(binding.label)}</dt>
                  <dd>
                    {keyCaps(binding.keys).map((step, i) => (
                      <span key={i}>
                        {step.map((cap) => (
                          <kbd key={cap}>{cap}</kbd>
                        ))}
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Switch
        mt="lg"
        checked={single}
        onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        label={t('keys.single')}
        description={t('keys.singleAbout')}
      />
    </Dialog>
  );
}
