import { type ComponentProps, type ReactNode, Suspense, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { lazy, onItsWay } from '../lazy.ts';
import { useTexts } from '../texts.ts';
import styles from './fields.module.css';
import { Icon } from './icon.tsx';
import { decimalOf, readDay, shownDay } from './typed.ts';

/**
 * Fields of the forms that hold many of them: the browser's own elements in our look. An editor with fifty rows has three hundred of
 * them, and each must be there at once and answer each key.
 */
type Frame = {
  label?: string;
  description?: ReactNode;
  /** What is wrong, or that something is. */
  error?: ReactNode;
  className?: string;
  'data-path'?: string;
};

function Framed({
  label,
  description,
  error,
  className,
  children,
}: Frame & { children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode }) {
  const id = useId();
  const told = typeof error === 'string';
  const about = [description && `${id}-about`, told && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={className ? `${styles.field} ${className}` : styles.field}>
      {label && (
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
      )}
      <div className={styles.box}>
        {children({ id, ...(about ? { 'aria-describedby': about } : {}), ...(error ? { 'aria-invalid': true } : {}) })}
      </div>
      {told && (
        <span id={`${id}-error`} className={styles.error}>
          {error}
        </span>
      )}
      {description && (
        <span id={`${id}-about`} className={styles.description}>
          {description}
        </span>
      )}
    </div>
  );
}

type Plain<T extends 'input' | 'select' | 'textarea'> = Frame & Omit<ComponentProps<T>, 'className' | 'id'>;

/** One line of text. */
export function Field({
  label,
  description,
  error,
  className,
  suffix,
  inside,
  end,
  ...rest
}: Plain<'input'> & {
  suffix?: ReactNode;
  /** A button at the end of the line. */
  inside?: ReactNode;
  /** Written from the right, as numbers are. */
  end?: boolean;
}) {
  return (
    <Framed label={label} description={description} error={error} className={className}>
      {(ids) => (
        <>
          <input {...ids} {...rest} className={styles.input} data-suffix={suffix !== undefined} data-end={end} />
          {suffix !== undefined && <span className={styles.suffix}>{suffix}</span>}
          {inside}
        </>
      )}
    </Framed>
  );
}

/** Several lines of text; grows with what is in it where the browser can. */
export function Paragraph({ label, description, error, className, ...rest }: Plain<'textarea'>) {
  return (
    <Framed label={label} description={description} error={error} className={className}>
      {(ids) => <textarea {...ids} {...rest} className={styles.input} />}
    </Framed>
  );
}

export type Option = { value: string; label: string };

/** One of a list. */
export function Choice({ label, description, error, className, data, ...rest }: Plain<'select'> & { data: readonly Option[] }) {
  return (
    <Framed label={label} description={description} error={error} className={className}>
      {(ids) => (
        <select {...ids} {...rest} className={styles.input}>
          {data.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Framed>
  );
}

/** One of two or three, all of them seen. */
export function Either<V extends string>({
  label,
  value,
  onChange,
  data,
  className,
  'data-path': path,
}: {
  label: string;
  value: V;
  onChange: (value: V) => void;
  data: readonly { value: V; label: string }[];
  className?: string;
  'data-path'?: string;
}) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} data-path={path} className={className ? `${styles.either} ${className}` : styles.either}>
      {data.map((option) => (
        <label key={option.value}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          {option.label}
        </label>
      ))}
    </div>
  );
}

type Typed = Frame & { required?: boolean; disabled?: boolean; 'aria-label'?: string; placeholder?: string; 'data-autofocus'?: boolean };

/** A decimal as people type it ("12,50", "1 200") and as the API wants it ("12.50"). Half-typed text stays in the field, not in the document. */
export function DecimalInput({
  value,
  onChange,
  error,
  suffix,
  ...rest
}: Typed & { value: string; onChange: (value: string) => void; suffix?: string }) {
  const { language } = useTexts();
  const shownOf = (decimal: string) => (language === 'en' ? decimal : decimal.replace('.', ','));
  const [text, setText] = useState(shownOf(value));
  const own = useRef(value);
  useEffect(() => {
    if (value !== own.current) setText(shownOf(value));
    own.current = value;
  });
  return (
    <Field
      {...rest}
      inputMode="decimal"
      autoComplete="off"
      end
      suffix={suffix}
      error={error || (text !== '' && decimalOf(text) === undefined)}
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

const Calendar = lazy(() => import('./calendar.tsx'));

/** A civil day in the order of the reader's language: typed, or picked from a calendar that is fetched when somebody asks for it. */
export function DayInput({
  value,
  onChange,
  error,
  required,
  ...rest
}: Typed & { value: string | undefined; onChange: (day: string | undefined) => void }) {
  const { t, language } = useTexts();
  const [text, setText] = useState(shownDay(value, language));
  const [picking, setPicking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const written = `${value ?? ''}${language}`;
  const own = useRef(written);
  useLayoutEffect(() => {
    if (written !== own.current) setText(shownDay(value, language));
    own.current = written;
  });
  const take = (typed: string): string | undefined => {
    const day = typed.trim() ? readDay(typed, language) : required ? null : undefined;
    if (day === null) return value;
    own.current = `${day ?? ''}${language}`;
    if (day !== value) onChange(day);
    return day;
  };
  return (
    <div className={styles.day}>
      <Field
        {...rest}
        required={required}
        autoComplete="off"
        error={error || (text.trim() !== '' && readDay(text, language) === null)}
        value={text}
        inside={
          <button
            ref={button}
            type="button"
            className={styles.pick}
            aria-label={[t('field.pickDay'), rest.label ?? rest['aria-label']].filter(Boolean).join(': ')}
            disabled={rest.disabled}
            onClick={() => setPicking((on) => !on)}
          >
            <Icon name="calendar" size={15} />
          </button>
        }
        onChange={(event) => {
          const typed = event.target.value;
          setText(typed);
          // "1.2.20" is on its way to 2026.
          if (typed.trim() === '' || /\d{4}/.test(typed)) take(typed);
        }}
        onBlur={() => setText(shownDay(take(text), language))}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          setPicking(true);
        }}
      />
      {picking && (
        <Suspense fallback={onItsWay}>
          <Calendar
            value={value}
            onClose={() => setPicking(false)}
            onPick={(day) => {
              setPicking(false);
              onChange(day);
              button.current?.focus();
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
