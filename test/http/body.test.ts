import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../src/http/body.ts';

const lenient = (text: string | Buffer) => parseBody(Buffer.from(text as string), false);
const strictly = (text: string | Buffer) => parseBody(Buffer.from(text as string), true);
const refusal = 'ERROR_INVALID_TASK_DATA: request body must be a json raw';

test('null is no field, and does not hide one of another spelling', () => {
  expect(lenient('{"clientKey":null,"ClientKey":"K"}')).toMatchObject({ clientKey: 'K' });
  expect(lenient('{"ClientKey":null,"CLIENTKEY":"K"}')).toMatchObject({ clientKey: 'K' });
  expect(lenient('{"clientKey":"K","ClientKey":"L"}')).toMatchObject({ clientKey: 'K' });
});

test('a name that would reach into an object’s making is named as the reason', () => {
  const why = `${refusal}: it has a field of a forbidden name`;
  expect(() => lenient('{"task":{"__proto__":{}}}')).toThrow(why);
  expect(() => lenient('{"constructor":{"prototype":1}}')).toThrow(why);
});

describe('depth', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

  test('32 levels pass, 33 do not, nor do a million', () => {
    expect(lenient(nested(32))).toBeTypeOf('object');
    expect(() => lenient(nested(33))).toThrow(`${refusal}: it is nested deeper than 32`);
    expect(() => lenient(`{"a":${'['.repeat(1_000_000)}`)).toThrow('nested deeper');
  });

  test('brackets inside strings do not count, behind any number of backslashes', () => {
    const value = `${'[{'.repeat(50)}\\"\\\\${'[{'.repeat(50)}`;
    expect(lenient(JSON.stringify({ a: value, b: [value] }))).toEqual({ a: value, b: [value] });
    for (let backslashes = 0; backslashes < 8; backslashes++) {
      const text = JSON.stringify({ a: `${'\\'.repeat(backslashes)}"${'['.repeat(40)}` });
      expect(lenient(text)).toEqual(JSON.parse(text));
    }
  });

  test('any JSON object that is not too deep is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string().filter(isHarmless), fc.jsonValue({ maxDepth: 5 })), (value) => {
        const text = JSON.stringify(value);
        if (!text.includes('__proto__') && !text.includes('constructor'))
          expect(strictly(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('any text at all is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(lenient(Buffer.from(bytes))).toBeTypeOf('object');
        } catch (error) {
          expect(String(error)).toContain('ERROR_INVALID_TASK_DATA');
        }
      }),
    );
  });
});

describe('size of what is not text', () => {
  const million = 1_000_000;

  test.each([
    ['objects', `{"task":[${'{},'.repeat(million)}1]}`],
    ['lists in lists', `{"task":[${'[[[]]],'.repeat(million)}1]}`],
    ['names', `{${'"a":1,'.repeat(million)}"b":1}`],
    ['numbers', `{"task":[${'1,'.repeat(million)}1]}`],
    ['digits', `{"a":${'1'.repeat(million)}}`],
    ['spaces', `{"a":${' '.repeat(million)}1}`],
    ['quotes inside a text', `{"a":"${'\\"'.repeat(million / 2)}"}`],
    ['quotes in a text that does not end', `{"a":"${'\\"'.repeat(million / 2)}`],
    ['texts and nothing between', '""'.repeat(million)],
  ])('very many %s are refused, and not even parsed', (_, text) => {
    expect(() => lenient(text)).toThrow(
      `${refusal}: it has more than 16384 characters outside of its strings`,
    );
  });

  test.each(['\\u0041', '\\\\', '\\/'])('two million times %s is refused, and not even parsed', (one) => {
    expect(() => lenient(`{"a":"${one.repeat(2 * million)}"}`)).toThrow(
      `${refusal}: it holds too many escapes`,
    );
    expect(() => lenient(`{"a":"${one.repeat(2 * million)}`)).toThrow('too many escapes');
  });

  test('what clients send is read: nine large images, slashes escaped, lines broken, indented', () => {
    const line = `${'A'.repeat(75)}/\r\n`;
    const task = { type: 'ImageToTextTask', images: Array(9).fill(line.repeat(7_000)), details: true };
    const text = JSON.stringify({ clientKey: 'k', task }, null, 8).replaceAll('/', '\\/');
    expect(text.length).toBeGreaterThan(5 * million);
    expect(lenient(text).task).toEqual(task);
  });

  test('a list of a thousand is read', () => {
    const list = Array.from({ length: 1_000 }, (_, index) => ({ index }));
    expect(lenient(JSON.stringify({ list }))).toEqual({ list });
  });
});

describe('names', () => {
  test('top-level names in any case; those of a task as they stand', () => {
    const body = lenient('{"ClientKey":"k","TASKID":"t","AppID":"a","task":{"Type":"x"},"extra":1}');
    expect(body).toMatchObject({ clientKey: 'k', taskId: 't', appId: 'a', task: { Type: 'x' } });
    expect(body.task).not.toHaveProperty('type');
  });

  test('the exact spelling wins over a variant, wherever it stands', () => {
    expect(lenient('{"clientKey":"exact","CLIENTKEY":"variant"}').clientKey).toBe('exact');
    expect(lenient('{"CLIENTKEY":"variant","clientKey":"exact"}').clientKey).toBe('exact');
  });

  test('of names that are written twice the last counts, also when one is escaped', () => {
    expect(lenient('{"clientKey":"a","clientKey":"b"}').clientKey).toBe('b');
    expect(lenient('{"clientKey":"a","client\\u004bey":"b"}').clientKey).toBe('b');
  });

  test('strict takes names only as the contract spells them', () => {
    expect(strictly('{"ClientKey":"k"}')).not.toHaveProperty('clientKey');
  });

  test('a name of a megabyte is one more unknown name', () => {
    expect(lenient(JSON.stringify({ ['n'.repeat(1_000_000)]: 1, clientKey: 'k' })).clientKey).toBe('k');
  });
});

describe('prototypes', () => {
  test.each([
    '{"__proto__":{"x":1}}',
    '{"task":{"__proto__":{"x":1}}}',
    '{"task":{"\\u005f_proto__":{"x":1}}}',
    '{"a":[{"__proto__":null}]}',
    '{"constructor":{"prototype":{"x":1}}}',
    '{"task":{"constructor":{"prototype":{"x":1}}}}',
  ])('%s is refused', (text) => {
    expect(() => lenient(text)).toThrow(refusal);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('the words themselves are allowed as values', () => {
    expect(lenient('{"a":"__proto__","b":"constructor"}')).toEqual({ a: '__proto__', b: 'constructor' });
  });
});

describe('characters', () => {
  test('a byte order mark is forgiven, unless the server is strict', () => {
    expect(lenient('\uFEFF{"a":1}')).toEqual({ a: 1 });
    expect(() => strictly('\uFEFF{"a":1}')).toThrow('begins with a byte order mark');
  });

  test('lone surrogates, NUL and right-to-left marks arrive as they were sent', () => {
    expect(lenient('{"a":"\\ud800","b":"\\u0000","c":"\u202E"}')).toEqual({
      a: '\uD800',
      b: '\0',
      c: '\u202E',
    });
  });

  test('composed and decomposed letters stay different', () => {
    expect(lenient('{"a":"é","b":"e\u0301"}')).toEqual({ a: 'é', b: 'e\u0301' });
  });

  test.each([
    [Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
    [Buffer.from('{"a":1}', 'utf16le')],
    [Buffer.from([0xed, 0xa0, 0x80])],
  ])('bytes that are not UTF-8 are refused', (bytes) => {
    expect(() => lenient(bytes)).toThrow(refusal);
  });
});

function isHarmless(name: string): boolean {
  return name !== '__proto__' && name !== 'constructor';
}
