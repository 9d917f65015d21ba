import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { bodyReader } from '../../src/http/bodyBytes.ts';

/** A request's body that arrives as the test says. */
class Arriving extends EventEmitter {
  readonly headers: Record<string, string>;
  isDestroyed = false;
  readonly socket = {
    destroy: () => {
      this.isDestroyed = true;
    },
  };
  told: { error: Error | null; bytes: Buffer | undefined }[] = [];

  constructor(length?: number) {
    super();
    this.headers = length === undefined ? {} : { 'content-length': String(length) };
  }
  resume() {}
}

const limits = { bodyLimitBytes: 10_000_000 };

function begin(read: ReturnType<typeof bodyReader>, address = '192.0.2.1', length?: number) {
  const body = new Arriving(length);
  read(body as never, address, (error, bytes) => body.told.push({ error, bytes }));
  return body;
}

test('a body in pieces is told in one, once it has arrived', () => {
  const body = begin(bodyReader(limits), undefined, 7);
  body.emit('data', Buffer.from('abc'));
  body.emit('data', Buffer.from('defg'));
  expect(body.told).toEqual([]);
  body.emit('end');
  expect(body.told).toEqual([{ error: null, bytes: Buffer.from('abcdefg') }]);
});

test.each([
  ['shorter than announced', 5, 'Content-Length is not the length of the body'],
  ['announced as too large', 10_000_001, 'the body is larger than 10000000 bytes'],
])('a body %s is refused', (_, length, detail) => {
  const body = begin(bodyReader(limits), undefined, length);
  body.emit('data', Buffer.from('abc'));
  body.emit('end');
  expect(body.told).toMatchObject([{ error: { code: 'ERROR_BAD_REQUEST', detail } }]);
});

test('a body that is too large is refused when its client has written it, and at once where it never ends', () => {
  const read = bodyReader({ bodyLimitBytes: 1_000 });
  const piece = Buffer.alloc(900);
  const refused = [{ error: { code: 'ERROR_BAD_REQUEST', detail: 'the body is larger than 1000 bytes' } }];
  for (const length of [undefined, 2_700]) {
    const body = begin(read, undefined, length);
    for (let sent = 0; sent < 3; sent++) body.emit('data', piece);
    expect(body.told).toEqual([]);
    body.emit('end');
    expect(body.told).toMatchObject(refused);
  }
  const endless = begin(read);
  for (let sent = 0; sent < 5; sent++) endless.emit('data', piece);
  expect(endless.told).toMatchObject(refused);
  const announced = begin(read, undefined, 1_000_000);
  announced.emit('data', piece);
  expect(announced.told).toMatchObject(refused);
});

test('a body that is too large is refused after half a second of silence', () => {
  vi.useFakeTimers();
  try {
    const body = begin(bodyReader({ bodyLimitBytes: 1_000 }), undefined, 2_700);
    vi.advanceTimersByTime(400);
    body.emit('data', Buffer.alloc(900));
    vi.advanceTimersByTime(400);
    expect(body.told).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(body.told).toMatchObject([{ error: { code: 'ERROR_BAD_REQUEST' } }]);
  } finally {
    vi.useRealTimers();
  }
});

test('a body in lines of base64, or in small writes, is read however long it is', () => {
  const body = begin(bodyReader(limits), undefined, 3_200_000);
  for (let sent = 0; sent < 100_000; sent++) body.emit('data', Buffer.alloc(32));
  body.emit('end');
  expect(body.told).toMatchObject([{ error: null, bytes: { length: 3_200_000 } }]);
});

test('a body in chunks of a byte is refused before there are 1,100, and its connection ended before 2,200', () => {
  const body = begin(bodyReader(limits));
  for (let sent = 0; sent < 1_100 && body.told.length === 0; sent++) body.emit('data', Buffer.from('a'));
  const detail = 'the body comes in too many pieces';
  expect(body.told).toMatchObject([{ error: { code: 'ERROR_BAD_REQUEST', detail } }]);
  expect(body.isDestroyed).toBe(false);
  for (let sent = 0; sent < 1_100; sent++) body.emit('data', Buffer.from('a'));
  expect(body.isDestroyed).toBe(true);
});

test('one address may not fill the memory with bodies that it does not end, and others go on', () => {
  const read = bodyReader({ ...limits, unfinishedOfOne: 1_000_000, unfinishedOfAll: 2_000_000 });
  const piece = Buffer.alloc(300_000);
  const bodies = Array.from({ length: 5 }, () => begin(read));
  for (const body of bodies) body.emit('data', piece);
  for (const body of bodies.slice(1)) body.emit('end');
  expect(bodies.flatMap(({ told }) => told)).toMatchObject(
    Array.from({ length: 4 }, () => ({ error: { code: 'ERROR_SERVICE_UNAVALIABLE' } })),
  );
  const other = begin(read, '192.0.2.2', 300_000);
  other.emit('data', piece);
  other.emit('end');
  expect(other.told).toEqual([{ error: null, bytes: piece }]);
});

test('many addresses together may not fill the memory either', () => {
  const read = bodyReader({ ...limits, unfinishedOfOne: 1_000_000, unfinishedOfAll: 2_000_000 });
  const bodies = Array.from({ length: 4 }, (_, n) => begin(read, `192.0.2.${n}`));
  for (const body of bodies) body.emit('data', Buffer.alloc(400_000));
  for (const body of bodies) body.emit('end');
  const refused = bodies.map(({ told }) => told[0]!.error);
  expect(refused).toMatchObject([null, null, ...Array(2).fill({ code: 'ERROR_SERVICE_UNAVALIABLE' })]);
});

test('bodies of up to 16 KiB count for nothing in that, however many there are', () => {
  const read = bodyReader({ ...limits, unfinishedOfOne: 1_000_000 });
  for (let n = 0; n < 100; n++) begin(read, undefined, 16_384).emit('data', Buffer.alloc(8_192));
  const large = begin(read, undefined, 900_000);
  large.emit('data', Buffer.alloc(900_000));
  large.emit('end');
  expect(large.told).toMatchObject([{ error: null }]);
});

test('the addresses of one /64 are one in that', () => {
  const read = bodyReader({ ...limits, unfinishedOfOne: 1_000_000 });
  const bodies = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((address) => begin(read, address));
  for (const body of bodies) body.emit('data', Buffer.alloc(400_000));
  for (const body of bodies) body.emit('end');
  const refused = bodies.map(({ told }) => told[0]!.error !== null);
  expect(refused).toEqual([false, true, false]);
});

test('what a body held is free when it has ended or its client has gone', () => {
  const read = bodyReader({ ...limits, unfinishedOfOne: 1_000_000 });
  for (let turn = 0; turn < 10; turn++) {
    const body = begin(read, undefined, 900_000);
    body.emit('data', Buffer.alloc(800_000));
    if (turn % 2 === 0) body.emit('error', new Error('reset'));
    else body.emit('end');
    expect(body.told).toHaveLength(1);
    expect(body.told[0]!.error).not.toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
  }
});

test('what a body held that grew too large is free at once, however many of them one address sends', () => {
  const read = bodyReader({ bodyLimitBytes: 100_000, unfinishedOfOne: 150_000 });
  for (let turn = 0; turn < 5; turn++) {
    const body = begin(read);
    for (let sent = 0; sent < 3; sent++) body.emit('data', Buffer.alloc(40_000));
    body.emit('end');
    expect(body.told).toMatchObject([{ error: { code: 'ERROR_BAD_REQUEST' } }]);
  }
});

test('a body of any size that is allowed can arrive, all at once or in pieces', () => {
  const read = bodyReader({ bodyLimitBytes: 80_000_000 });
  const piece = Buffer.alloc(1_000_000);
  for (const announced of [80_000_000, undefined]) {
    const body = begin(read, undefined, announced);
    for (let sent = 0; sent < 80; sent++) body.emit('data', piece);
    body.emit('end');
    expect(body.told).toMatchObject([{ error: null, bytes: { length: 80_000_000 } }]);
  }
});
