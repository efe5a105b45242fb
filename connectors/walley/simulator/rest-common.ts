import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { WalleyFault } from './faults.ts';
import { json, type Reply } from './replies.ts';
import type { Simulation } from './simulation.ts';

export type RestRequest = { sim: Simulation; found: string[]; request: SimRequest; fields: Fields };
export type RestRoute = { target: string; method: string; path: RegExp; writes?: true; run: (request: RestRequest) => Reply };
export type Fields = Record<string, unknown>;

/** A status of its own instead of 422. */
export class RestFault extends WalleyFault {
  readonly status: number;
  constructor(status: number, code: string, message?: string) {
    super(code, { beforeProcessing: status !== 422, ...(message ? { message } : {}) });
    this.status = status;
  }
}

export const refused = (code: string, message?: string) => new RestFault(422, code, message);

/** `page` and `perPage`, with the numbers and links of the reports. */
export function paged<Row, View>(request: SimRequest, rows: Row[], usual: number, most: number, view: (row: Row) => View): Reply {
  const count = (name: string, otherwise: number) => {
    const text = request.query.get(name);
    if (text === null) return otherwise;
    if (!/^[1-9]\d{0,6}$/.test(text)) throw refused('VALIDATION_ERROR', `${name} must be a positive number.`);
    return Number(text);
  };
  const page = count('page', 1);
  const perPage = Math.min(count('perPage', usual), most);
  const from = (page - 1) * perPage;
  const shown = rows.slice(from, from + perPage);
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const link = (number: number) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(number));
    query.set('perPage', String(perPage));
    return { method: 'GET', href: `${request.path}?${query}`, query: query.toString() };
  };
  return json(200, {
    data: shown.map(view),
    links: { self: link(page), ...(page < pages ? { next: link(page + 1) } : {}) },
    metaData: {
      totalNumberOfRecords: rows.length,
      numberOfPages: pages,
      currentPage: page,
      range: { from: shown.length === 0 ? 0 : from + 1, to: from + shown.length },
    },
  });
}
