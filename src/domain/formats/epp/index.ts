/**
 * EDI++ (.epp), the exchange file of InsERT's programs that a dozen others read and write as well. A format, not one program's
 * wire: the seller who carries the file by hand uses it without any connection, so it lives in the domain (STYLE §2).
 */
export { type EppVersion, type RowOf, versions } from './layout.ts';
export { type EppFile, numberOf, readEpp } from './read.ts';
export {
  type EppDocument,
  type Extras,
  eppBytes,
  type Header,
  type Info,
  type Item,
  type Note,
  type RateRow,
  writeEpp,
} from './write.ts';
