import { TextInput, type TextInputProps } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import 'dayjs/locale/hu';
import 'dayjs/locale/pl';
import 'dayjs/locale/sv';
import '@mantine/dates/styles.layer.css';
import { useEffect, useRef, useState } from 'react';
import { type Language, useTexts } from '../texts.ts';

type Common = Pick<
  TextInputProps,
  'label' | 'description' | 'error' | 'required' | 'disabled' | 'aria-label' | 'placeholder' | 'className'
> & { 'data-path'?: string };

/** A decimal as people type it ("12,50", "1 200") and as the API wants it ("12.50"). Half-typed text stays in the field, not in the document. */
export function DecimalInput({
  value,
  onChange,
  suffix,
  ...rest
}: Common & { value: string; onChange: (value: string) => void; suffix?: string }) {
  const { language } = useTexts();
  const shownOf = (decimal: string) => (language === 'en' ? decimal : decimal.replace('.', ','));
  const [text, setText] = useState(shownOf(value));
  const own = useRef(value);
  useEffect(() => {
    if (value !== own.current) setText(shownOf(value));
    own.current = value;
  });
  const read = decimalOf(text);
  return (
    <TextInput
      {...rest}
      inputMode="decimal"
      autoComplete="off"
      styles={{ input: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' } }}
      rightSection={suffix ? <span className="dim">{suffix}</span> : undefined}
      error={rest.error ?? (text !== '' && read === undefined)}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        const next = decimalOf(event.target.value);
        if (next !== undefined) {
          own.current = next;
          onChange(next);
        }
      }}
      onBlur={() => setText(shownOf(own.current))}
    />
  );
}

export function decimalOf(text: string): string | undefined {
  const plain = text
    .replace(/[\s\u00a0\u202f]/g, '')
    .replace('−', '-')
    .replace(',', '.');
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(plain) ? plain : undefined;
}

const dayFormats: Record<Language, string> = { pl: 'DD.MM.YYYY', en: 'D MMM YYYY', hu: 'YYYY. MM. DD.', sv: 'YYYY-MM-DD' };

/** A civil day in the order of the reader's language; typed or picked. */
export function DayInput({
  value,
  onChange,
  ...rest
}: Common & { value: string | undefined; onChange: (day: string | undefined) => void }) {
  const { t, language } = useTexts();
  return (
    <DateInput
      {...rest}
      size="sm"
      locale={language}
      firstDayOfWeek={1}
      valueFormat={dayFormats[language]}
      withAsterisk={false}
      clearable={!rest.required}
      clearButtonProps={{ 'aria-label': t('common.clear') }}
      popoverProps={{ withinPortal: false, shadow: 'md' }}
      dateParser={(text) => readDay(text, language)}
      value={value ?? null}
      onChange={(day) => onChange(day ? day.slice(0, 10) : undefined)}
    />
  );
}

function readDay(text: string, language: Language): string | null {
  const parts = text.split(/\D+/).filter(Boolean).map(Number);
  if (parts.length !== 3) {
    const parsed = Date.parse(`${text} UTC`);
    return Number.isNaN(parsed) ? null : new Date(parsed).toISOString().slice(0, 10);
  }
  const [year, month, day] = parts[0]! > 31 || language === 'hu' || language === 'sv' ? parts : [parts[2], parts[1], parts[0]];
  const date = new Date(Date.UTC(year! < 100 ? 2000 + year! : year!, month! - 1, day!));
  return Number.isNaN(date.getTime()) || date.getUTCMonth() !== month! - 1 ? null : date.toISOString().slice(0, 10);
}
