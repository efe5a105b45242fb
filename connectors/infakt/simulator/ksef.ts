import { createHash } from 'node:crypto';

/** CRC-8 with polynomial 0x07 and initial value 0. */
export function crc8(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text, 'latin1')) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
  }
  return crc;
}

/** 35 characters: tax id of the seller, day, twelve hexadecimal digits, check sum over the 32 before it. */
export function ksefNumber(taxId: string, day: string, of: string, goodCheck = true): string {
  const technical = createHash('sha256').update(of).digest('hex').slice(0, 12).toUpperCase();
  const base = `${taxId}-${day.replaceAll('-', '')}-${technical}`;
  const check = crc8(base) ^ (goodCheck ? 0 : 0xff);
  return `${base}-${check.toString(16).toUpperCase().padStart(2, '0')}`;
}
