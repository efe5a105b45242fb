import { cut } from '../domain/cut.ts';

/** Nothing that is kept of an exchange, and nothing that leaves the house for others to read, bears a secret. */
type Hidden = { reveal(): string };

const keptChars = 20_000;

/** The one redactor: no secret of the connection survives in what is kept, and nothing grows without bound. */
export function redact(text: string, secrets: Record<string, Hidden>): string {
  const clean = withoutSecrets(text, Object.values(secrets));
  return clean.length > keptChars ? `${cut(clean, keptChars)}… (${clean.length} characters)` : clean;
}

/** A secret in any dress it may wear on its way: as it is, in an address, in a form, in markup, in JSON, in base64. */
export function withoutSecrets(text: string, secrets: Hidden[]): string {
  let clean = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length < 4) continue;
    for (const dress of dressesOf(value)) clean = clean.replaceAll(dress, '***');
  }
  return clean;
}

function dressesOf(value: string): Set<string> {
  const markup = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = markup.replaceAll('"', '&quot;');
  const encoded = encodeURIComponent(value);
  const form = new URLSearchParams({ '': value }).toString().slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  return new Set([
    value,
    encoded,
    form,
    // Some write the letters of an escape small.
    ...[encoded, form].map((text) => text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase())),
    markup,
    quoted,
    quoted.replaceAll("'", '&apos;'),
    quoted.replaceAll("'", '&#39;'),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
  ]);
}
