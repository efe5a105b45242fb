import { decimal, isDecimal, scaled } from '../money/money.ts';
import type { Order } from './order.ts';

/**
 * One text for every writing of the same order (ORDERS §3): white space collapsed, decimals and instants by value, lines by their
 * external id, whatever the reader noted and update times left out. Two orders are equal when their texts are.
 */
export function comparable(order: Order): string {
  const { findings: _findings, updatedAt: _updatedAt, revision: _revision, aliases: _aliases, lines, ...rest } = order;
  const byId = lines.every((line) => line.externalId !== undefined || line.kind === 'deposit');
  const sorted = byId ? [...lines].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) : lines;
  const parts: string[] = [];
  write({ ...rest, lines: byId ? sorted : sorted.map(({ id: _id, ...line }) => line) }, '', parts);
  return parts.join('');
}

const decimalKeys = new Set([
  'gross',
  'unitGross',
  'quantity',
  'amount',
  'declaredTotal',
  'listUnitGross',
  'returnedQuantity',
  'percent',
  'delivery',
]);

function write(value: unknown, key: string, out: string[]): void {
  if (typeof value === 'string') {
    const text = textOf(value, key);
    if (text !== '') out.push(key, '=', text, '\u001f');
  } else if (typeof value === 'boolean' || typeof value === 'number') out.push(key, '=', String(value), '\u001f');
  else if (Array.isArray(value)) {
    if (value.length === 0) return;
    out.push(key, '[');
    for (const item of value) {
      write(item, '', out);
      out.push('\u001e');
    }
    out.push(']');
  } else if (value !== null && typeof value === 'object') writeObject(value as Record<string, unknown>, key, out);
}

function writeObject(value: Record<string, unknown>, key: string, out: string[]): void {
  const before = out.length;
  out.push(key, '{');
  for (const name of Object.keys(value).sort()) write(value[name], name, out);
  // An object that says nothing is the same as none.
  if (out.length === before + 2) out.length = before;
  else out.push('}');
}

function textOf(value: string, key: string): string {
  if (decimalKeys.has(key) && isDecimal(value)) return decimal(scaled(value));
  if (key.endsWith('At') || key === 'at') {
    const ms = Date.parse(value);
    if (!Number.isNaN(ms)) return String(ms);
  }
  return /\s/.test(value) ? value.trim().replace(/\s+/g, ' ') : value;
}
