import { Button, Checkbox, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Connector } from '../../../src/api/schemas/index.ts';
import { useKeys } from '../keys.ts';
import { useTexts } from '../texts.ts';
import { useReturnFocus } from '../ui/dialog.tsx';
import styles from './connections.module.css';

export type Values = { name: string; baseUrl: string | null; settings: Record<string, unknown>; secrets: Record<string, string> };

/** The form of a connector, made from its manifest. A stored secret is never shown; left empty it stays as it is. */
export function SettingsForm({
  connector,
  start,
  stored,
  busy,
  submit,
  onSubmit,
  onCancel,
}: {
  connector: Connector;
  start: Values;
  stored: string[];
  busy: boolean;
  submit: string;
  onSubmit: (values: Values) => void;
  onCancel?: () => void;
}) {
  const { t, language } = useTexts();
  const [values, setValues] = useState<Values>(() => ({
    ...start,
    settings: {
      ...Object.fromEntries(
        connector.settings.filter((f) => f.type !== 'secret' && f.default !== undefined).map((f) => [f.key, f.default]),
      ),
      ...start.settings,
    },
  }));
  useReturnFocus(onCancel !== undefined);
  // What was typed is not lost to a key.
  const [first] = useState(values);
  useKeys(
    'nav.connections',
    [{ keys: 'escape', label: 'common.cancel', run: () => values === first && onCancel?.() }],
    onCancel !== undefined,
  );
  const known = connector.setup.addresses.some((a) => a.url === (values.baseUrl ?? connector.defaultBaseUrl));
  const set = (key: string, value: unknown) => setValues((v) => ({ ...v, settings: { ...v.settings, [key]: value } }));
  return (
    <form
      className={styles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit({
          ...values,
          baseUrl: values.baseUrl || null,
          secrets: Object.fromEntries(Object.entries(values.secrets).filter(([, v]) => v !== '')),
        });
      }}
    >
      <TextInput
        // In place of the gallery whose button was pressed.
        autoFocus={onCancel !== undefined}
        label={t('connections.name')}
        description={t('connections.nameAbout')}
        required
        withAsterisk={false}
        value={values.name}
        onChange={(e) => setValues((v) => ({ ...v, name: e.target.value }))}
      />
      {/* What has a part of the page of its own is chosen from lists that only an existing connection can give. */}
      {connector.settings
        .filter((field) => !field.part && (stored.length > 0 || !field.later))
        .map((field) => {
          const common = {
            label: field.label[language],
            description: field.help?.[language],
            required: field.required ?? false,
            withAsterisk: false,
          };
          const value = values.settings[field.key];
          if (field.type === 'boolean')
            return (
              <Checkbox
                key={field.key}
                label={common.label}
                description={common.description}
                checked={value === true}
                onChange={(e) => set(field.key, e.currentTarget.checked)}
              />
            );
          if (field.type === 'secret') {
            const has = stored.includes(field.key);
            return (
              <PasswordInput
                key={field.key}
                {...common}
                required={common.required && !has}
                autoComplete="new-password"
                placeholder={has ? t('connections.secretStored') : undefined}
                visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
                value={values.secrets[field.key] ?? ''}
                onChange={(e) => setValues((v) => ({ ...v, secrets: { ...v.secrets, [field.key]: e.target.value } }))}
              />
            );
          }
          if (field.type === 'select' && field.options)
            return (
              <NativeSelect
                key={field.key}
                {...common}
                value={String(value ?? '')}
                onChange={(e) => set(field.key, e.target.value)}
                data={[
                  ...(field.required && value ? [] : [{ value: '', label: '—' }]),
                  ...field.options.map((o) => ({ value: o.value, label: o.label[language] })),
                ]}
              />
            );
          return (
            <TextInput
              key={field.key}
              {...common}
              type={field.type === 'number' ? 'number' : field.type === 'url' ? 'url' : 'text'}
              pattern={field.pattern}
              maxLength={field.maxLength}
              value={String(value ?? '')}
              onChange={(e) =>
                set(
                  field.key,
                  field.type === 'number' ? (e.target.value === '' ? undefined : Number(e.target.value)) : e.target.value || undefined,
                )
              }
            />
          );
        })}
      {connector.setup.addresses.length > 0 && (
        <NativeSelect
          label={t('connections.environment')}
          value={known ? (values.baseUrl ?? connector.defaultBaseUrl ?? '') : 'other'}
          onChange={(e) => setValues((v) => ({ ...v, baseUrl: e.target.value === 'other' ? '' : e.target.value }))}
          data={[
            ...connector.setup.addresses.map((a) => ({ value: a.url, label: a.label[language] })),
            { value: 'other', label: t('connections.otherAddress') },
          ]}
        />
      )}
      {connector.defaultBaseUrl !== null && !known && (
        <TextInput
          type="url"
          label={t('connections.address')}
          description={t('connections.addressAbout')}
          placeholder={connector.defaultBaseUrl}
          value={values.baseUrl ?? ''}
          onChange={(e) =>
            setValues((v) => ({ ...v, baseUrl: connector.setup.addresses.length > 0 ? e.target.value : e.target.value || null }))
          }
        />
      )}
      <div className={styles.buttons}>
        <Button type="submit" loading={busy}>
          {submit}
        </Button>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
        )}
      </div>
    </form>
  );
}
