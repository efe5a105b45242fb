import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type DocumentContent, documentContentSchema } from '../src/domain/documents/document.ts';
import { centProof, correct, finalInvoice, policiesSchema, prepaymentInvoice, stampDays } from '../src/domain/documents/index.ts';
import { prepare } from '../src/domain/documents/prepare-order.ts';
import { orderSchema } from '../src/domain/orders/order.ts';
import { suggest } from '../src/domain/orders/suggest.ts';
import { amountInWords, documentTitle, exemptionReasons, phrase, rateKey, regimeOf, requiredPhrases } from '../src/domain/regimes/index.ts';
import { recompute } from '../src/domain/totals/index.ts';

/**
 * Orders in, documents out: each file of a country's folder becomes the file of the same name in its `out`. `GOLDEN=write` rewrites
 * them; the difference in the repository is what a reviewer reads.
 */
const folder = new URL('./', import.meta.url);
const rewrite = process.env.GOLDEN === 'write';

function documentOf(example: Record<string, never>) {
  const { today } = example as { today: string };
  const order = orderSchema.parse(example.order);
  const policies = policiesSchema.parse(example.policies);
  const suggested = suggest(order, policies);
  const prepared = prepare(order, policies, { today });
  if ('nothing' in prepared) return { suggestion: suggested.document, nothing: prepared.nothing };
  const content = example.exchange ? recompute({ ...prepared.content, exchange: example.exchange }) : prepared.content;
  const ready = stampDays(content, today);
  const issued = { id: 'example', number: '1/2026', issueDate: today, content: ready };
  return {
    suggestion: suggested.document,
    findings: prepared.findings,
    proof: centProof(order, content),
    printed: printed(ready),
    content: ready,
    ...(example.correct && { correction: correct(issued, undefined, example.correct) }),
    ...(example.prepaid && settled(ready, example.prepaid, today)),
  };
}

function printed(content: DocumentContent) {
  const regime = regimeOf(content.seller.country);
  return {
    title: documentTitle(regime, content, content.language),
    inWords: amountInWords(content.totals.gross, content.currency, content.language),
    rates: content.totals.byRate.map((row) => rateKey(regime, row)),
    phrases: requiredPhrases(content).map((name) => phrase(regime, name, content.language)),
    reasons: exemptionReasons(content),
  };
}

function settled(order: DocumentContent, prepaid: { received: string; day: string }, today: string) {
  const prepayment = prepaymentInvoice(order, prepaid.received, prepaid.day);
  const final = finalInvoice(order, [{ id: 'example', number: '1/Z/2026', issueDate: today, content: prepayment }]);
  return { prepayment, final };
}

describe.each(['pl', 'hu', 'se'])('%s', (country) => {
  const names = readdirSync(new URL(`${country}/`, folder)).filter((name) => name.endsWith('.json'));

  test.each(names)('%s', (name) => {
    const found = JSON.parse(JSON.stringify(documentOf(JSON.parse(readFileSync(new URL(`${country}/${name}`, folder), 'utf8')))));
    if (found.content) expect(documentContentSchema.parse(found.content)).toEqual(found.content);
    const out = new URL(`${country}/out/${name}`, folder);
    if (rewrite) {
      mkdirSync(new URL(`${country}/out/`, folder), { recursive: true });
      writeFileSync(out, `${JSON.stringify(found, null, 2)}\n`);
    }
    expect(found).toEqual(JSON.parse(readFileSync(out, 'utf8')));
  });

  test('nothing stands in out that no example makes', () => {
    expect(readdirSync(new URL(`${country}/out/`, folder)).sort()).toEqual(names.sort());
  });
});
