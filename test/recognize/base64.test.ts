import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../src/recognize/base64.ts';

// Bytes whose base64 holds plus, slash and padding, and begins as a PNG's does.
const bytes = Buffer.from('89504e470d0a1a0afbefbefbff3efe0b2f8f', 'hex').subarray(0, 17);
const text = bytes.toString('base64');
const chunks = (size: number, glue: string) => text.match(new RegExp(`.{1,${size}}`, 'g'))!.join(glue);

const accepted: [string, string][] = [
  ['canonical', text],
  ['CRLF', chunks(8, '\r\n')],
  ['LF at the end', `${text}\n`],
  ['tabs', chunks(4, '\t')],
  ['spaces between lines', chunks(8, ' ')],
  ['spaces around', `  ${text}  `],
  ['one stray space', `${text.slice(0, 5)} ${text.slice(5)}`],
  ['URL-safe', text.replaceAll('+', '-').replaceAll('/', '_')],
  ['no padding', text.replaceAll('=', '')],
  ['URL-safe without padding', bytes.toString('base64url')],
  ['data URI', `data:image/png;base64,${text}`],
  ['data URI in capitals', `DATA:IMAGE/PNG;BASE64,${text}`],
  ['data URI with a parameter', `data:image/svg+xml;charset=utf-8;base64,${text}`],
  ['data URI without a type', `data:;base64,${text}`],
  ['data URI after white space', ` \n data:image/png;base64,${text}`],
  ['data URI without its name', `image/png;base64,${text}`],
  ['only the last word of a data URI', `base64,${text}`],
  ['plus that a form made a space', text.replaceAll('+', ' ')],
];

test.each(accepted)('%s is read', (_, given) => {
  expect(decodeBase64(given)).toEqual(bytes);
});

const refused: [string, string][] = [
  ['empty', ''],
  ['only white space', ' \r\n '],
  ['only padding', '===='],
  ['percent-encoded', text.replaceAll('+', '%2B')],
  ['padding in the middle', `${text.slice(0, 6)}==${text.slice(6)}`],
  ['padding twice', `${text}=`],
  ['padding and more', `${text}AAAA`],
  ['one character left over', 'AAAAA'],
  ['emoji', `${text.slice(0, 4)}🙂${text.slice(6)}`],
  ['a letter that looks like one', `${text.slice(0, 4)}А${text.slice(5)}`],
  ['full-width plus', text.replaceAll('+', '＋')],
  ['a character whose low byte is in the alphabet', text.replace('+', '\u012b')],
  ['NUL', `${text.slice(0, 4)}\0${text.slice(5)}`],
  ['no-break space', chunks(8, '\u00a0')],
  ['exclamation mark', text.replace('+', '!')],
  ['bits beyond the last byte', 'QUJDRX=='],
  ['data URI without base64', `data:image/png,${text}`],
  ['data URI twice', `data:image/png;base64,data:image/png;base64,${text}`],
  ['a prefix that is none', `image/pngbase64,${text}`],
  ['data URI of nothing', 'data:image/png;base64,'],
  ['JSON', '{"a":1}'],
  ['hexadecimal with a prefix', '0x89504e47'],
  ['quoted', `"${text}"`],
];

test.each(refused)('%s is refused', (_, given) => {
  expect(decodeBase64(given)).toBeUndefined();
});

describe('4 MiB', () => {
  const large = Buffer.alloc(4 * 1024 * 1024, bytes.subarray(0, 12));
  const lines = large.toString('base64').match(/.{1,76}/g)!;

  test('in lines, whatever ends them, or with its plus signs lost, is read', () => {
    for (const given of [lines.join(' '), lines.join('\r\n'), lines.join('\n').replaceAll('+', '-')])
      expect(decodeBase64(given)?.equals(large)).toBe(true);
    const noise = Buffer.alloc(large.length);
    for (let at = 0, state = 1; at < noise.length; at++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      noise[at] = state >>> 16;
    }
    const written = `iVBO${noise.toString('base64')}`;
    expect(decodeBase64(written.replaceAll('+', ' '))?.toString('base64') === written).toBe(true);
  });

  test('with a space at every fourth place is refused: taking that out would keep the event loop', () => {
    expect(decodeBase64(large.toString('base64').replace(/.{4}/g, '$& '))).toBeUndefined();
    expect(decodeBase64(`A${' '.repeat(4_000_000)}`)).toBeUndefined();
  });
});

test('strict takes the canonical form and nothing else', () => {
  const taken = accepted.filter(([, given]) => decodeBase64(given, { strict: true }) !== undefined);
  expect(taken.map(([name]) => name)).toEqual(['canonical']);
});

test('what was encoded decodes to the same bytes, in every form that is forgiven', () => {
  const anyImage = fc
    .uint8Array({ minLength: 1, maxLength: 200 })
    .map((rest) => Buffer.from([0x89, ...rest]));
  fc.assert(
    fc.property(anyImage, fc.integer({ min: 4, max: 80 }), (image, width) => {
      const encoded = image.toString('base64');
      const lines = encoded.match(new RegExp(`.{1,${width}}`, 'g'))!;
      const forms = [
        encoded,
        image.toString('base64url'),
        lines.join('\r\n'),
        encoded.replaceAll('+', ' '),
        `data:image/gif;base64,${encoded}`,
      ];
      for (const form of forms) expect(decodeBase64(form)).toEqual(image);
    }),
    { numRuns: 500, seed: 4 },
  );
});

test('nothing is dropped silently from a random text', () => {
  const alphabet = [...'ABCxyz019+/-_= \r\n!%.é'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 40 }), (characters) => {
      const text = characters.join('').trimStart();
      const decoded = decodeBase64(text);
      if (!decoded) return;
      const meaning = text.replace(/[\r\n =]/g, '').length;
      const spaces = text.split(' ').length - 1;
      const written = decoded.toString('base64').replaceAll('=', '').length;
      expect([meaning, meaning + spaces]).toContain(written);
    }),
    { numRuns: 5000, seed: 4 },
  );
});
