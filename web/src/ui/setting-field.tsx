import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Connector, Series } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useTexts } from '../texts.ts';

type Field = Connector['settings'][number];

/** One field of a manifest: a choice from its own list or from the connection's, a number, a switch or a text. An error draws it red. */
export function SettingField({
  field,
  value,
  error,
  connectionId,
  series,
  onChange,
}: {
  field: Field;
  value: unknown;
  error?: string;
  connectionId: string;
  series: Series[];
  onChange: (value: unknown) => void;
}) {
  const { language } = useTexts();
  const own = field.lookup?.startsWith('series:') ? field.lookup.slice('series:'.length) : undefined;
  const list = useQuery({
    queryKey: ['options', connectionId, field.lookup],
    queryFn: () => api.get<{ items: { value: string; label: string }[] }>(`/connections/${connectionId}/options/${field.lookup}`),
    enabled: field.lookup !== undefined && own === undefined,
    staleTime: 5 * 60_000,
    retry: false,
  });
  const common = {
    label: field.label[language],
    description: field.help?.[language],
    error,
    inputWrapperOrder: ['label', 'input', 'error', 'description'] as ('label' | 'input' | 'error' | 'description')[],
  };
  if (field.type === 'boolean')
    return (
      <Checkbox
        label={common.label}
        description={common.description}
        error={error}
        checked={value === true}
        onChange={(e) => onChange(e.currentTarget.checked)}
      />
    );
  if (field.type === 'select') {
    const choices = own
      ? series.filter((s) => s.kind === own && s.active && s.connectionId === connectionId).map((s) => ({ value: s.id, label: s.name }))
      : (field.options?.map((o) => ({ value: o.value, label: o.label[language] })) ?? list.data?.items ?? []);
    const kept = value && !choices.some((c) => c.value === value) ? [{ value: String(value), label: String(value) }] : [];
    return (
      <NativeSelect
        {...common}
        value={String(value ?? '')}
        onChange={(e) => onChange(e.target.value || undefined)}
        data={[{ value: '', label: '—' }, ...kept, ...choices]}
      />
    );
  }
  return (
    <TextInput
      {...common}
      type={field.type === 'number' ? 'number' : 'text'}
      maxLength={field.maxLength}
      value={String(value ?? '')}
      onChange={(e) => onChange(e.target.value === '' ? undefined : field.type === 'number' ? Number(e.target.value) : e.target.value)}
    />
  );
}
