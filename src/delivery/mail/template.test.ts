import { describe, expect, it } from 'vitest';
import {
  type DocumentContent,
  documentContentSchema,
  documentKindSchema,
  type IssuedFacts,
  languageSchema,
} from '../../domain/documents/document.ts';
import { defaultTemplate } from './default-templates.ts';
import { check, render } from './template.ts';
import { localAmount, localDay, localMoney, shortName, variables } from './variables.ts';

const issued: IssuedFacts = { number: 'FV/2026/11/17', issueDate: '2026-11-22', issuedAt: '2026-11-22T10:00:00Z' };

function content(change: Record<string, unknown> = {}): DocumentContent {
  return documentContentSchema.parse({
    kind: 'invoice',
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: {
      name: 'Sklep Przykładowy Anna Kowalska',
      taxIds: [
        { scheme: 'EU:VAT', value: 'PL5260250274' },
        { scheme: 'PL:NIP', value: '5260250274' },
      ],
      city: 'Poznań',
      bankAccount: '61 1090 1014',
    },
    buyer: { type: 'person', firstName: 'Żaneta', lastName: 'Łoś', email: 'z@example.com' },
    saleDate: '2026-11-20',
    dueDate: '2026-12-06',
    payment: { means: 'bank_transfer' },
    lines: [],
    totals: { net: '1000.00', tax: '230.00', gross: '1230.00', payable: '1230.00', byRate: [] },
    order: { externalId: 'a1', number: '10034', channel: 'shop' },
    ...change,
  });
}

const message = (body: string, change?: Record<string, unknown>, subject = 'S') => {
  const rendering = render({ subject, body }, content(change), issued);
  if (!rendering.ok) throw new Error(JSON.stringify(rendering.findings));
  return rendering.message;
};

describe('variables', () => {
  it('fills every documented variable and explains it in four languages', () => {
    for (const variable of variables) {
      expect(check({ subject: 'S', body: `{{ ${variable.name} }}` }), variable.name).toEqual([]);
      for (const language of languageSchema.options) expect(variable.meaning[language], `${variable.name} ${language}`).not.toBe('');
      expect(variable.example).not.toBe('');
    }
  });

  it('writes days and amounts in the way of the language', () => {
    expect(languageSchema.options.map((language) => localDay('2026-03-05', language))).toEqual([
      '05.03.2026',
      '2026. 03. 05.',
      '2026-03-05',
      '5 March 2026',
    ]);
    expect(localAmount('1234567.5', 'PLN', 'pl')).toBe('1\u00a0234\u00a0567,50');
    expect(localAmount('-1234.50', 'EUR', 'en')).toBe('−1,234.50');
    expect(localAmount('12690.00', 'HUF', 'hu')).toBe('12\u00a0690');
    expect(localAmount('12690.45', 'HUF', 'hu')).toBe('12\u00a0690,45');
    expect(localAmount('999.00', 'SEK', 'sv')).toBe('999,00');
    const home = [
      localMoney('1.50', 'PLN', 'pl'),
      localMoney('90', 'HUF', 'hu'),
      localMoney('2', 'SEK', 'sv'),
      localMoney('2', 'EUR', 'pl'),
    ];
    expect(home).toEqual(['1,50\u00a0zł', '90\u00a0Ft', '2,00\u00a0kr', '2,00\u00a0EUR']);
  });

  it('shortens names to 25 characters and whole words', () => {
    expect(shortName('Sklep Przykładowy Anna Kowalska')).toBe('Sklep Przykładowy Anna');
    expect(shortName('Sklep Przykładowy Annabelk')).toBe('Sklep Przykładowy');
    expect(shortName('1234567890123456789012345')).toHaveLength(25);
    expect(shortName('Donaudampfschifffahrtsgesellschaft mbH')).toBe('Donaudampfschifffahrtsges');
    expect(shortName('  ')).toBeUndefined();
  });

  it('knows seller, order, money and payment of a document', () => {
    const text = message(
      '{{ document.number }}|{{ document.kind }}|{{ document.issueDate }}|{{ document.issueDateIso }}|{{ document.saleDateIso }}|{{ document.dueDate }}|' +
        '{{ document.gross }} {{ document.currency }}|{{ seller.taxId }}|{{ seller.shortName }}|{{ buyer.name }}|{{ order.number }}|{{ payment.title }}|{{ document.copy }}',
    ).text;
    expect(text.trim()).toBe(
      'FV/2026/11/17|Faktura|22.11.2026|2026-11-22|2026-11-20|06.12.2026|1\u00a0230,00 PLN|5260250274|Sklep Przykładowy Anna|Żaneta Łoś|10034|FV/2026/11/17|oryginał',
    );
  });
});

describe('check', () => {
  it('finds every unknown variable with line and column and proposes the nearest', () => {
    const findings = check({
      subject: 'Faktura {{ document.numer }}',
      body: 'Witaj\n  {{ byer.name }} {{ order }} {% if x.y %}a{% endif %}',
    });
    expect(findings.map((f) => [f.code, f.where, f.params?.name, f.params?.line, f.params?.column, f.params?.suggestion])).toEqual([
      ['E_MESSAGE_VARIABLE', 'subject', 'document.numer', '1', '12', 'document.number'],
      ['E_MESSAGE_VARIABLE', 'body', 'byer.name', '2', '6', 'buyer.name'],
      ['E_MESSAGE_VARIABLE', 'body', 'order', '2', '22', undefined],
      ['E_MESSAGE_VARIABLE', 'body', 'x.y', '2', expect.any(String), undefined],
    ]);
  });

  it.each([
    ['{{ document.number', '{{ document.number'],
    ['{% if document.isPaid %}never closed', '{% if document.isPaid %}'],
    ['{{ document.number | explode }}', 'explode'],
    ['{% include "etc/passwd" %}', '{% include "etc/passwd" %}'],
    ['{% render "x" %}', '{% render "x" %}'],
    ['{% for i in (1..1000000000) %}x{% endfor %}', '{% for i in (1..1000000000) %}'],
    ['{% assign document = 1 %}', '{% assign document = 1 %}'],
    ['{{ document.number | raw }}', 'raw'],
  ])('refuses %s', (body, reason) => {
    const [found] = check({ subject: 'S', body: `ok\n${body}` });
    expect(found?.code).toBe('E_MESSAGE_SYNTAX');
    expect(found?.params?.reason).toContain(reason);
    expect(found?.params?.line).toBe('2');
    expect(render({ subject: 'S', body }, content(), issued).ok).toBe(false);
  });

  it('refuses prototype tricks, empty and oversized messages', () => {
    for (const name of ['document.constructor', 'document.__proto__', 'document.number.length', 'order.first'])
      expect(check({ subject: 'S', body: `{{ ${name} }}` })[0]?.code, name).toBe('E_MESSAGE_VARIABLE');
    expect(check({ subject: ' ', body: '' }).map((f) => f.code)).toEqual(['E_MESSAGE_EMPTY_SUBJECT', 'E_MESSAGE_EMPTY_BODY']);
    expect(check({ subject: 'S', body: 'x'.repeat(20_001) })[0]?.code).toBe('E_MESSAGE_TOO_LONG');
  });
});

describe('triple brackets', () => {
  it('every name of the contract stands for a value', () => {
    const names =
      'sprzedawca sprzedawca_nazwa sprzedawca_nip sprzedawca_ulica sprzedawca_miasto sprzedawca_kod nabywca nabywca_nazwa nabywca_nip nabywca_ulica nabywca_miasto nabywca_kod rodzaj waluta oznaczenie miejsce data_w data_w_iso data_s data_s_iso numer brutto do_zaplaty termin konto';
    for (const name of names.split(' ')) expect(check({ subject: 'S', body: `[[[${name}]]]` }), name).toEqual([]);
    expect(message('Nr [[[numer]]], [[[ Do_Zapłaty ]]]').text).toBe(message('Nr {{ document.number }}, {{ document.payable }}').text);
    expect(message('[[[nabywca_nazwa]]]: {{ document.kind }}', undefined, 'Nr [[[numer]]]')).toMatchObject({
      subject: 'Nr FV/2026/11/17',
      text: 'Żaneta Łoś: Faktura\n',
    });
  });

  it('an unknown name is reported with its place', () => {
    expect(check({ subject: 'S', body: 'A\n [[[numerek]]]' })).toEqual([
      { code: 'E_MESSAGE_VARIABLE', level: 'reject', where: 'body', params: { name: '[[[numerek]]]', line: '2', column: '2' } },
    ]);
    // Nor does anybody wait for one that is none.
    expect(check({ subject: 'S', body: `x [[[${'\t'.repeat(19_000)}[` })).toEqual([]);
    expect(check({ subject: '[[[numerek]]]', body: 'x' })[0]).toMatchObject({ code: 'E_MESSAGE_VARIABLE', where: 'subject' });
  });
});

describe('render', () => {
  it('makes the subject one line whatever the buyer is called', () => {
    const buyer = { type: 'company', company: 'Evil\r\nBcc: all@example.com\u2028X' };
    expect(message('x', { buyer }, 'Dla {{ buyer.name }}\n\n!').subject).toBe('Dla Evil Bcc: all@example.com X !');
  });

  it('tells which used variables have no value, and skips what a condition hides', () => {
    const made = message(
      'Zam. {{ order.number }}{% if order.login %} {{ order.login }}{% endif %} {{ document.dueDate | default: "-" }}.',
      {
        order: undefined,
        dueDate: undefined,
      },
    );
    expect(made.text).toBe('Zam.  -.\n');
    expect(made.empty).toEqual(['order.number']);
  });

  it('escapes everything in HTML and never links what a buyer typed', () => {
    const buyer = { type: 'person', name: '<b onload=x>http://evil.example</b> "&\'' };
    const made = message('Kup <tu>: https://shop.example/{{ document.number }}?a=1&b=2.\n\n{{ buyer.name }}', { buyer });
    expect(made.html).toContain('&lt;b onload=x&gt;http://evil.example&lt;/b&gt; &quot;&amp;&#39;');
    expect(made.html.match(/<a href="[^"]*"/g)).toEqual(['<a href="https://shop.example/FV%2F2026%2F11%2F17?a=1&amp;b=2"']);
    expect(made.html).toContain('</a>.');
    expect(made.html).toContain('&lt;tu&gt;');
    expect(made.text).toContain('<b onload=x>');
  });

  it('links the download address and refuses other schemes as links', () => {
    const link = (downloadUrl: string) => render({ subject: 'S', body: '{{ link.download }}' }, content(), issued, { downloadUrl });
    expect(link('https://x.example/d/1?a&b')).toMatchObject({
      message: { html: expect.stringContaining('<a href="https://x.example/d/1?a&amp;b">') },
    });
    expect(link('javascript:alert(1)')).toMatchObject({ message: { html: expect.not.stringContaining('<a ') } });
  });

  it('cannot be made to grow without limit', () => {
    const body = `{{ document.number${' | append: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"'.repeat(300)} }}`;
    const rendering = render({ subject: 'S', body }, content(), issued);
    expect(!rendering.ok || rendering.message.text.length < 20_000).toBe(true);
  });
});

describe('default messages', () => {
  it('a giro number is told as what it is: it is no account', () => {
    const { bankAccount: _, ...seller } = content().seller;
    const made = render(
      defaultTemplate('invoice', 'sv'),
      content({ language: 'sv', seller: { ...seller, bankgiro: '5050-1055' } }),
      issued,
    );
    expect(made.ok && made.message.text).toContain('Konto: Bankgiro 5050-1055');
  });

  const cases = documentKindSchema.options.flatMap((kind) => languageSchema.options.map((language) => ({ kind, language })));
  it.each(cases)('$kind in $language is whole, paid or unpaid, with and without order', ({ kind, language }) => {
    const template = defaultTemplate(kind, language);
    expect(check(template)).toEqual([]);
    for (const payable of ['0.00', '1230.00']) {
      for (const order of [undefined, { externalId: '77', channel: 'shop' }]) {
        const totals = { net: '1000.00', tax: '230.00', gross: '1230.00', payable, byRate: [] };
        const rendering = render(template, content({ kind, language, totals, order }), issued);
        if (!rendering.ok) throw new Error(JSON.stringify(rendering.findings));
        expect(rendering.message.empty).toEqual([]);
        expect(rendering.message.subject).toContain('FV/2026/11/17');
        expect(rendering.message.text).not.toMatch(/\{|\}|\n\n\n| {2}|undefined|null/);
        expect(rendering.message.text.includes('77')).toBe(order !== undefined && kind !== 'correction');
        expect(rendering.message.html).toContain(`lang="${language}"`);
      }
    }
  });

  it('says what to pay only when something is left', () => {
    const text = (payable: string) => {
      const made = render(
        defaultTemplate('invoice', 'hu'),
        content({ language: 'hu', totals: { net: '1000.00', tax: '230.00', gross: '1230.00', payable, byRate: [] } }),
        issued,
      );
      return made.ok ? made.message.text : '';
    };
    expect(text('1230.00')).toContain('Fizetendő: 1\u00a0230,00\u00a0PLN, fizetési határidő: 2026. 12. 06.');
    expect(text('0.00')).not.toContain('Fizetendő');
  });

  it('gives no account to whoever pays on delivery', () => {
    const made = (means: string) => {
      const rendering = render(defaultTemplate('invoice', 'pl'), content({ payment: { means } }), issued);
      return rendering.ok ? rendering.message.text : '';
    };
    expect(made('cash_on_delivery')).toContain('Do zapłaty: 1\u00a0230,00\u00a0zł (płatność przy odbiorze)\n\n');
    expect(made('cash_on_delivery')).not.toContain('rachunku');
    expect(made('bank_transfer')).toContain('termin: 06.12.2026\nNumer rachunku: 61 1090 1014\n');
  });
});
