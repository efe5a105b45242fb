import { opt, type XmlElement, x } from '../../src/contract/wire/xml.ts';
import { type Decimal, decimal, scaled } from '../../src/domain/money/money.ts';
import { agentKeyElement } from './client.ts';
import { paymentWord } from './mapper.ts';
import type { SzamlazzSettings } from './settings.ts';

/** Requests about what stands there already: asked for, paid, taken away. Pure, like the mapper. */

export function receiptStornoRequest(number: string, reference: string): XmlElement[] {
  return [
    x('beallitasok', null, agentKeyElement, x('pdfLetoltes', null, 'true')),
    x('fejlec', null, x('nyugtaszam', null, number), x('hivasAzonosito', null, reference)),
  ];
}

export type ReceiptSelector = { number?: string; orderNumber?: string; call?: string };

export function receiptGetRequest(selector: ReceiptSelector, pdf: boolean): XmlElement[] {
  return [
    x('beallitasok', null, agentKeyElement, x('pdfLetoltes', null, String(pdf))),
    x('fejlec', null, opt('nyugtaszam', selector.number), opt('rendelesSzam', selector.orderNumber), opt('hivasAzonosito', selector.call)),
  ];
}

export type PaymentEntry = { day: string; method: string; amount: Decimal };

/** At most five entries fit one request. */
export function payRequest(number: string, payments: PaymentEntry[], additive: boolean, settings: SzamlazzSettings): XmlElement[] {
  return [
    x(
      'beallitasok',
      null,
      agentKeyElement,
      x('szamlaszam', null, number),
      x('additiv', null, String(additive)),
      x('valaszVerzio', null, '2'),
    ),
    ...payments.map((payment) =>
      x(
        'kifizetes',
        null,
        x('datum', null, payment.day),
        x('jogcim', null, paymentWord(payment.method, settings)),
        x('osszeg', null, decimal(scaled(payment.amount))),
      ),
    ),
  ];
}

export type Selector = { number?: string; orderNumber?: string; externalId?: string };

/** Exactly one selector; no wrapper around the credentials here. */
export function queryRequest(selector: Selector, withPdf: boolean): XmlElement[] {
  return list(
    agentKeyElement,
    opt('szamlaszam', selector.number),
    opt('rendelesSzam', selector.orderNumber),
    x('pdf', null, String(withPdf)),
    opt('szamlaKulsoAzon', selector.externalId),
  );
}

export function pdfRequest(selector: Selector): XmlElement[] {
  return list(
    agentKeyElement,
    opt('szamlaszam', selector.number),
    x('valaszVerzio', null, '2'),
    opt('rendelesSzam', selector.orderNumber),
    opt('szamlaKulsoAzon', selector.externalId),
  );
}

function list(...elements: (XmlElement | undefined)[]): XmlElement[] {
  return elements.filter((element) => element !== undefined);
}

export function deleteProformaRequest(number: string): XmlElement[] {
  return [x('beallitasok', null, agentKeyElement), x('fejlec', null, x('szamlaszam', null, number))];
}

export function taxpayerRequest(base: string): XmlElement[] {
  return [x('beallitasok', null, agentKeyElement), x('torzsszam', null, base)];
}
