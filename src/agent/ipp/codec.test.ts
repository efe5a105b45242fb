import fc from 'fast-check';
import { expect, test } from 'vitest';
import { httpAddress } from './client.ts';
import { attributesOf, BadIpp, decode, encode, type IppMessage, tags } from './codec.ts';

/** Bytes of RFC 8010 are read and written as it says, and nothing that a printer may send brings the agent down. */
test('a request has the bytes of RFC 8010, appendix A.1', () => {
  const message: IppMessage = {
    version: [1, 1],
    code: 0x0002,
    requestId: 1,
    groups: [
      {
        tag: tags.operation,
        attributes: [
          { name: 'attributes-charset', tag: tags.charset, values: ['utf-8'] },
          { name: 'attributes-natural-language', tag: tags.language, values: ['en-us'] },
          { name: 'printer-uri', tag: tags.uri, values: ['ipp://printer.example.com/ipp/print/pinetree'] },
          { name: 'job-name', tag: tags.name, values: ['foobar'] },
          { name: 'ipp-attribute-fidelity', tag: tags.boolean, values: [true] },
        ],
      },
      {
        tag: tags.job,
        attributes: [
          { name: 'copies', tag: tags.integer, values: [20] },
          { name: 'sides', tag: tags.keyword, values: ['two-sided-long-edge'] },
        ],
      },
    ],
    data: Buffer.from('%!PDF...'),
  };
  const bytes = encode(message);
  expect(bytes.subarray(0, 12).toString('hex')).toBe('010100020000000101470012');
  expect(bytes.toString('latin1')).toContain('\x21\x00\x06copies\x00\x04\x00\x00\x00\x14');
  expect(bytes.toString('latin1')).toContain('\x22\x00\x16ipp-attribute-fidelity\x00\x01\x01');
  expect(bytes.subarray(-9).toString('latin1')).toBe('\x03%!PDF...');
  const back = decode(bytes);
  expect({ ...back, data: Buffer.from(back.data).toString() }).toEqual({ ...message, data: '%!PDF...' });
});

test('several values of one attribute, collections and types we do not use are read over', () => {
  const sized = (text: string) => Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text, 'latin1')]);
  const attribute = (tag: number, name: string, value: string) => Buffer.concat([Buffer.from([tag]), sized(name), sized(value)]);
  const bytes = Buffer.concat([
    Buffer.from('0200000000000007', 'hex'),
    Buffer.from([tags.printer]),
    attribute(tags.keyword, 'media-supported', 'iso_a4_210x297mm'),
    attribute(tags.keyword, '', 'iso_a6_105x148mm'),
    attribute(tags.collection, 'media-col-default', ''),
    attribute(tags.memberName, '', 'media-size'),
    attribute(tags.collection, '', ''),
    attribute(tags.memberName, '', 'x-dimension'),
    attribute(tags.integer, '', '\x00\x00\x52\x08'),
    attribute(tags.endCollection, '', ''),
    attribute(tags.endCollection, '', ''),
    attribute(0x35, 'printer-info', '\x00\x02pl\x00\x05Biuro'),
    attribute(tags.range, 'copies-supported', '\x00\x00\x00\x01\x00\x00\x00\x63'),
    attribute(tags.resolution, 'printer-resolution-default', '\x00\x00\x02\x58\x00\x00\x02\x58\x03'),
    Buffer.from([tags.end]),
  ]);
  const printer = attributesOf(decode(bytes), tags.printer);
  expect(printer.get('media-supported')).toEqual(['iso_a4_210x297mm', 'iso_a6_105x148mm']);
  expect(printer.get('printer-info')).toEqual(['Biuro']);
  expect(printer.get('copies-supported')).toEqual(['1-99']);
  expect([...printer.keys()]).toEqual([
    'media-supported',
    'media-col-default',
    'printer-info',
    'copies-supported',
    'printer-resolution-default',
  ]);
});

test('bytes that are no IPP throw BadIpp and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(BadIpp);
      }
    }),
  );
});

test('a name longer than IPP allows is cut between letters', () => {
  const bytes = encode({
    version: [2, 0],
    code: 5,
    requestId: 1,
    groups: [{ tag: tags.operation, attributes: [{ name: 'job-name', tag: tags.name, values: ['ż'.repeat(200)] }] }],
    data: new Uint8Array(),
  });
  expect(attributesOf(decode(bytes), tags.operation).get('job-name')).toEqual(['ż'.repeat(127)]);
});

test('addresses of printers', () => {
  expect(httpAddress('ipp://10.0.0.5/ipp/print')).toBe('http://10.0.0.5:631/ipp/print');
  expect(httpAddress('ipps://druk.example:8443/ipp')).toBe('https://druk.example:8443/ipp');
  expect(() => httpAddress('file:///etc/passwd')).toThrow('file:// is no address of a printer');
});
