import { type Finding, warning } from '../../domain/finding.ts';

const slashed = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d)/;
/** Somewhere in the head stands what may be such a date: most files have none and need no look at all of their dates. */
export const maySlash = (head: string) => /\d\/\d{1,2}\/\d{4}/.test(head);

/**
 * 11/03/2026 is November in one country and March in the next. What all dates of a file say together decides: one whose second number
 * is above 12 begins with the month, and so do all where none contradicts it. Only fields that hold dates are asked.
 */
export class SlashedDates {
  #days = 0;
  #months = 0;
  #open: RegExpExecArray | undefined;

  add(text: string | undefined): void {
    const found = text === undefined ? null : slashed.exec(text);
    if (!found) return;
    if (Number(found[1]) > 12) this.#days++;
    else if (Number(found[2]) > 12) this.#months++;
    else this.#open ??= found;
  }

  get monthFirst(): boolean {
    return this.#months > 0 && this.#days === 0;
  }

  /** How a date was read that could be two days: silent only where the other dates confirm what the seller's country writes. */
  findings(): Finding[] {
    if (!this.#open || (this.#days > 0 && this.#months === 0)) return [];
    const [written, first, second, year] = this.#open;
    const [month, day] = this.monthFirst ? [first!, second!] : [second!, first!];
    return [
      warning('W_DATES_SLASHED', undefined, { value: written.trim(), day: `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` }),
    ];
  }
}
