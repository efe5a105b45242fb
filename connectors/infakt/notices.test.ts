import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { families, idOf } from './answers.ts';
import { receiveNotice } from './notices.ts';

/** The promise: a notice leads to the document it is about, of whatever family; it says an id and never which family (contract §13). */
const secret = 'whsec';
const notice = (event: string, resource: object) => {
  const body = Buffer.from(JSON.stringify({ event: { uuid: 'e-1', name: event }, resource }));
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const verdict = receiveNotice({ headers: { 'x-infakt-signature': signature }, body, query: {}, receivedAt: new Date(0) }, secret);
  return verdict.verdict === 'accept' ? verdict.nudge : verdict;
};
const uuid = 'b0a0a1f2-7b53-4a86-9f1b-1d0e7d5b3c44';

test.each(['invoices', 'corrective_invoices', 'advance_invoices', 'final_invoices', 'oss_invoices', 'corrective_oss_invoices'] as const)(
  'a notice about one of the %s has it looked at',
  (family) => {
    for (const nudge of [notice('document_paid', { uuid }), notice('ksef_reported', { invoice_uuid: uuid, uuid: 'of-the-report' })])
      expect(nudge).toMatchObject({ providerIds: expect.arrayContaining([idOf(family, uuid)]) });
  },
);

test('it names each family once, a task before its document, and nothing that is no id', () => {
  expect(notice('document_paid', { uuid })).toEqual({ providerIds: Object.keys(families).map((f) => idOf(f as 'invoices', uuid)) });
  expect(notice('done', { uuid, invoice_task_reference_number: 'T-1' })).toEqual({ ticket: 'T-1' });
  for (const odd of ['', '../x', 'a b', 'x'.repeat(81), 7, null]) expect(notice('document_paid', { uuid: odd })).toBeUndefined();
});
