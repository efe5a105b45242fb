import { TextInput } from '@mantine/core';
import { useT } from '../texts.ts';

export type Emails = { proformaEmail: string; invoiceEmail: string };

/** Where the operator's bills go. Whoever pays by card gets no proforma: `which` says what is asked for. */
export function EmailFields({
  value,
  onChange,
  which = ['proformaEmail', 'invoiceEmail'],
  grow,
  disabled,
}: {
  value: Emails;
  onChange: (value: Emails) => void;
  which?: (keyof Emails)[];
  /** Side by side, as wide as the row allows. */
  grow?: boolean;
  disabled?: boolean;
}) {
  const t = useT();
  return which.map((name) => (
    <TextInput
      key={name}
      type="email"
      required
      withAsterisk={false}
      label={t(`billing.${name}`)}
      value={value[name]}
      onChange={(e) => onChange({ ...value, [name]: e.target.value })}
      style={grow ? { flex: '1 1 220px' } : undefined}
      disabled={disabled}
    />
  ));
}
