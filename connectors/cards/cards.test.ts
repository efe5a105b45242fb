import { describe, expect, test } from 'vitest';
import type { RawCall } from '../../src/contract/connector.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import { connector } from './connector.ts';
import { chargeOf, outcomeOf } from './mapper.ts';
import { signatureOf } from './signature.ts';
import { startCardsSimulator } from './simulator.ts';

/** The promise: the processor is spoken to as PROTOCOL.md says, notices only from who can sign, and what is not clear is unknown. */
const secret = 'suite-secret-of-cards';
const body = (id: string) =>
  Buffer.from(JSON.stringify({ id, type: 'payment.succeeded', data: { object: { id: 'pay_1', reference: 'ren:1:1' } } }));
const call = (bytes: Buffer, at: Date, signature: string | undefined): RawCall => ({
  headers: { ...(signature && { 'card-signature': signature }) },
  body: bytes,
  query: {},
  receivedAt: at,
});
const seconds = (at: Date) => Math.floor(at.getTime() / 1000);

connectorSuite({
  connector,
  start: async () => {
    const sim = await startCardsSimulator();
    return {
      baseUrl: sim.apiUrl,
      secrets: { apiKey: sim.secretKey, signingSecret: secret },
      now: () => new Date('2026-11-20T09:00:00Z'),
      close: () => sim.close(),
    };
  },
  calls: {
    good: (id, at) => call(body(id), at, signatureOf(body(id), secret, seconds(at))),
    bad: (at) => ({
      unsigned: call(body('e1'), at, undefined),
      forged: call(body('e2'), at, signatureOf(body('e2'), 'another secret', seconds(at))),
      stale: call(body('e3'), at, signatureOf(body('e3'), secret, seconds(at) - 301)),
      changed: call(body('e4'), at, signatureOf(body('e5'), secret, seconds(at))),
    }),
    signed: true,
  },
});

describe('answers', () => {
  const payment = { id: 'p', reference: 'r', state: 'succeeded', amountMinor: 4900, currency: 'PLN', refundedMinor: 0, disputed: false };
  test('only what reads as promised is accepted; a used reference and a strange answer are unknown', () => {
    const of = (status: number, json: Record<string, unknown>) => outcomeOf({ verdict: 'answered', status, body: json }, chargeOf).outcome;
    expect(of(201, payment)).toBe('accepted');
    expect(of(201, { ...payment, state: 'pending' })).toBe('pending');
    expect(of(201, { ...payment, state: 'failed', decline: { code: 'stolen_card' } })).toBe('rejected');
    expect(of(201, { ...payment, amountMinor: '49.00' })).toBe('unknown');
    expect(of(409, { error: { code: 'reference_used', message: '', id: 'p' } })).toBe('unknown');
    expect(of(409, { error: { code: 'mandate_inactive', message: '' } })).toBe('rejected');
    expect(of(400, {})).toBe('unknown');
  });
});
