import type { Language } from '../../documents/document.ts';
import { type Decimal, minorDigits, toMinor } from '../../money/money.ts';
import * as en from './en.ts';
import * as hu from './hu.ts';
import * as pl from './pl.ts';
import * as sv from './sv.ts';

/** `short`: words, currency code and hundredths in digits. `classic`: everything in words. */
export type WordsStyle = 'short' | 'classic';

const minus: Record<Language, string> = { pl: 'minus', en: 'minus', hu: 'mínusz', sv: 'minus' };
const whole: Record<Language, (n: bigint) => string> = { pl: pl.words, en: en.words, hu: hu.words, sv: (n) => sv.words(n) };

/** An amount in words. A currency whose name the language does not know is written in the short style. */
export function amountInWords(amount: Decimal, currency: string, language: Language, style: WordsStyle = 'classic'): string {
  const minor = toMinor(amount, currency);
  const unit = 10n ** BigInt(minorDigits(currency));
  const absolute = minor < 0n ? -minor : minor;
  const [major, rest] = [absolute / unit, absolute % unit];
  const text = (style === 'classic' && classic(major, rest, currency, language)) || short(major, rest, unit, currency, language);
  return minor < 0n ? `${minus[language]} ${text}` : text;
}

function short(major: bigint, rest: bigint, unit: bigint, currency: string, language: Language): string {
  const words = `${whole[language](major)} ${currency}`;
  return unit === 1n ? words : `${words} ${String(rest).padStart(2, '0')}/${unit}`;
}

function classic(major: bigint, rest: bigint, currency: string, language: Language): string | undefined {
  switch (language) {
    case 'pl': {
      const name = pl.names[currency];
      if (!name) return undefined;
      return `${pl.words(major, name.gender)} ${pl.form(major, name.major)} ${pl.words(rest)} ${pl.form(rest, name.minor)}`;
    }
    case 'hu': {
      const name = hu.names[currency];
      if (!name) return undefined;
      return `${hu.words(major)} ${name.major}${rest > 0n ? ` ${hu.words(rest)} ${name.minor}` : ''}`;
    }
    case 'sv': {
      const name = sv.names[currency];
      if (!name) return undefined;
      return sv.counted(major, name.major) + (rest > 0n ? ` och ${sv.counted(rest, name.minor)}` : '');
    }
    case 'en': {
      const name = en.names[currency];
      if (!name) return undefined;
      return en.counted(major, name.major) + (rest > 0n ? ` and ${en.counted(rest, name.minor)}` : '');
    }
  }
}
