import type { Finding } from '../../domain/finding.ts';
import type { FileLimits } from '../order-file.ts';

const lt = 0x3c;
const gt = 0x3e;

/** Where in the markup the next byte stands. */
const state = {
  text: 0,
  open: 1,
  bang: 2,
  name: 3,
  tag: 4,
  quote: 5,
  closeName: 6,
  comment: 7,
  cdata: 8,
  instruction: 9,
  afterClose: 10,
} as const;

/**
 * Watches the bytes of an XML file for what must never reach a parser: a DOCTYPE or ENTITY outside CDATA and comments, an HTML
 * page, elements nested too deep, too many attributes, a text or tag without end. It looks at bytes and builds nothing, so a
 * gigabyte in one element costs no memory. Where the markup is broken it stops looking: the reader stops at the same place.
 */
export class MarkupGuard {
  readonly #limits: FileLimits;
  #state: number = state.text;
  #depth = 0;
  readonly #names: number[] = [];
  #hash = 0;
  #run = 0;
  #quote = 0;
  #attributes = 0;
  #previous = 0;
  #beforePrevious = 0;
  #word = '';
  #rootSeen = false;
  #broken = false;

  constructor(limits: FileLimits) {
    this.#limits = limits;
  }

  add(bytes: Uint8Array): Finding | undefined {
    const limit = this.#limits.textChars;
    for (let i = 0; i < bytes.length && !this.#broken; i++) {
      const b = bytes[i]!;
      if (this.#state === state.text) {
        const found = bytes.indexOf(lt, i);
        const next = found < 0 ? bytes.length : found;
        this.#run += next - i;
        if (this.#run > limit) return this.#tooLarge();
        i = next;
        if (found < 0) break;
        const end = this.#plainTag(bytes, next);
        if (end > 0) i = end;
        else this.#state = state.open;
        continue;
      }
      if (++this.#run > limit) return this.#tooLarge();
      const finding = this.#step(b);
      if (finding) return finding;
    }
    return undefined;
  }

  /**
   * The tags most files are made of — `<name>` and `</name>` — in one go: place of their `>`, or 0 for everything that needs the
   * step by step below.
   */
  #plainTag(bytes: Uint8Array, at: number): number {
    const closing = bytes[at + 1] === 0x2f;
    const from = closing ? at + 2 : at + 1;
    let hash = 0;
    for (let i = from; i < bytes.length; i++) {
      const b = bytes[i]!;
      if (b === gt) {
        if (i === from || !this.#rootSeen) return 0;
        if (closing) {
          if (this.#depth === 0 || this.#names[--this.#depth] !== hash) this.#broken = true;
        } else if (this.#depth >= this.#limits.depth) return 0;
        else this.#names[this.#depth++] = hash;
        this.#run = 0;
        return i;
      }
      // Letters, digits, hyphen, underscore, colon, point and everything beyond ASCII.
      if (b < 0x2d || b === 0x2f || (b > 0x3a && b < 0x41)) return 0;
      hash = i === from && !closing ? b : (Math.imul(hash, 31) + b) | 0;
    }
    return 0;
  }

  #tooLarge(): Finding {
    return refused('F_TOO_LARGE', { limit: `${Math.round(this.#limits.textChars / 1024)} kB / element` });
  }

  #step(b: number): Finding | undefined {
    switch (this.#state) {
      case state.open:
        return this.#opened(b);
      case state.bang:
        return this.#bang(b);
      case state.name:
        if (b === gt || b === 0x2f || b <= 0x20) return this.#named(b);
        this.#hash = (Math.imul(this.#hash, 31) + b) | 0;
        if (!this.#rootSeen && this.#word.length < 6) this.#word += String.fromCharCode(b);
        return undefined;
      case state.tag:
        return this.#inTag(b);
      case state.quote:
        if (b === this.#quote) this.#state = state.tag;
        return undefined;
      case state.closeName:
        if (b === gt || b <= 0x20) this.#close(b);
        else this.#hash = (Math.imul(this.#hash, 31) + b) | 0;
        return undefined;
      case state.afterClose:
        if (b === gt) this.#toText(true);
        return undefined;
      default:
        return this.#skipTo(b);
    }
  }

  #opened(b: number): undefined {
    this.#hash = 0;
    if (b === 0x21) {
      this.#state = state.bang;
      this.#word = '';
    } else if (b === 0x3f) this.#state = state.instruction;
    else if (b === 0x2f) this.#state = state.closeName;
    else if (b <= 0x40 && b !== 0x3a) this.#broken = true;
    else {
      this.#state = state.name;
      this.#run = 1;
      this.#word = this.#rootSeen ? '' : String.fromCharCode(b);
      this.#hash = b;
      this.#attributes = 0;
    }
    return undefined;
  }

  #bang(b: number): Finding | undefined {
    this.#word += String.fromCharCode(b);
    if (this.#word === '--') this.#enter(state.comment);
    else if (this.#word === '[CDATA[') this.#enter(state.cdata);
    else if (!'--'.startsWith(this.#word) && !'[CDATA['.startsWith(this.#word)) return this.#declaration(b);
    return undefined;
  }

  /** `<!…`: an HTML page says so, anything else is a declaration an order file has no use for. */
  #declaration(b: number): Finding | undefined {
    const word = this.#word.toUpperCase();
    if (!this.#rootSeen && 'DOCTYPE HTML'.startsWith(word)) return word === 'DOCTYPE HTML' ? refused('F_NOT_XML') : undefined;
    if (!this.#rootSeen && word.startsWith('DOCTYPE') && b <= 0x20 && word.length < 40) {
      this.#word = 'DOCTYPE ';
      return undefined;
    }
    return refused('F_DTD');
  }

  #enter(next: number): void {
    this.#state = next;
    this.#previous = 0;
    this.#beforePrevious = 0;
  }

  #named(b: number): Finding | undefined {
    if (!this.#rootSeen) {
      this.#rootSeen = true;
      if (this.#word.toLowerCase() === 'html') return refused('F_NOT_XML');
    }
    this.#state = state.tag;
    this.#previous = 0;
    return this.#inTag(b);
  }

  #inTag(b: number): Finding | undefined {
    if (b === 0x22 || b === 0x27) {
      this.#quote = b;
      this.#state = state.quote;
    } else if (b === 0x3d) {
      if (++this.#attributes > this.#limits.attributes)
        return refused('F_TOO_LARGE', { limit: `${this.#limits.attributes} attributes / element` });
    } else if (b === lt) this.#broken = true;
    else if (b === gt) {
      if (this.#previous !== 0x2f) {
        this.#names[this.#depth++] = this.#hash;
        if (this.#depth > this.#limits.depth) return refused('F_TOO_LARGE', { limit: `${this.#limits.depth} levels` });
      }
      this.#toText(true);
    }
    this.#previous = b;
    return undefined;
  }

  #close(b: number): void {
    if (this.#depth === 0 || this.#names[--this.#depth] !== this.#hash) this.#broken = true;
    if (b === gt) this.#toText(true);
    else this.#state = state.afterClose;
  }

  #toText(newRun: boolean): void {
    this.#state = state.text;
    if (newRun) this.#run = 0;
  }

  /** Comments, CDATA and instructions end at `-->`, `]]>` and `?>`; their length counts with the text around them. */
  #skipTo(b: number): undefined {
    const end =
      this.#state === state.comment
        ? this.#previous === 0x2d && this.#beforePrevious === 0x2d
        : this.#state === state.cdata
          ? this.#previous === 0x5d && this.#beforePrevious === 0x5d
          : this.#previous === 0x3f;
    if (b === gt && end) this.#toText(false);
    this.#beforePrevious = this.#previous;
    this.#previous = b;
    return undefined;
  }
}

function refused(code: string, params?: Record<string, string>): Finding {
  return { code, level: 'file', params };
}
