export type Reply = { status: number; type: string; headers: Record<string, string>; body: string | Buffer };

/** `'drop'`: the connection is closed without a word. */
export type Outcome = Reply | 'drop';

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  type: 'application/json; charset=utf-8',
  headers,
  body: JSON.stringify(value),
});

export const html = (status: number, title: string): Reply => ({
  status,
  type: 'text/html; charset=utf-8',
  headers: {},
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
});

export const empty = (status: number, headers: Record<string, string> = {}): Reply => ({ status, type: '', headers, body: '' });

export const restError = (status: number, code: string, message: string): Reply => json(status, { error: { code, message } });
