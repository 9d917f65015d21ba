import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { namesOf } from '../../src/outbound/names.ts';
import { httpServer } from './loopback.ts';

const a = 1;
const aaaa = 28;
const typeNames: Record<number, string> = { [a]: 'A', [aaaa]: 'AAAA' };
const hostsFile = join(tmpdir(), `legible-hosts-${process.pid}`);
/** What a DNS server on this machine was asked, and what it answers: a name that it lacks it keeps silent about. */
const asked: string[] = [];
const records: Record<string, Record<number, number[]>> = {
  'both.example': { [a]: [93, 184, 216, 34], [aaaa]: [0x26, 0x06, ...Array(13).fill(0), 1] },
  'four.example': { [a]: [93, 184, 216, 34] },
  'none.example': {},
};
const dns = createSocket('udp4');
let servers: string[];

beforeAll(async () => {
  dns.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.push(`${typeNames[type]} ${name}`);
    const record = records[name];
    if (record !== undefined)
      dns.send(answerTo(query.subarray(0, end), type, record[type]), from.port, from.address);
  });
  dns.bind(0, '127.0.0.1');
  await once(dns, 'listening');
  servers = [`127.0.0.1:${dns.address().port}`];
  const lines = [
    '# inside',
    '127.0.0.1 localhost runs',
    '10.0.0.1\tReceiver inside.example # none.example',
    '::1 localhost',
  ];
  await writeFile(hostsFile, lines.join('\n'));
});
afterAll(async () => {
  dns.close();
  await rm(hostsFile);
});

function questionOf(query: Buffer) {
  const labels: string[] = [];
  let at = 12;
  for (; query[at] !== 0; at += query[at]! + 1)
    labels.push(String(query.subarray(at + 1, at + 1 + query[at]!)));
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, type: number, address: number[] | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(address === undefined ? 0 : 1, 6);
  head.writeUInt16BE(0, 10);
  if (address === undefined) return head;
  return Buffer.concat([
    head,
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address]),
  ]);
}

describe('a name', () => {
  const never = new AbortController().signal;
  const lookUp = (host: string, signal = never) => namesOf({ hostsFile, servers })(host, signal);

  it('has all addresses of both families that DNS knows', async () => {
    expect(await lookUp('both.example')).toEqual(['93.184.216.34', '2606::1']);
    expect(await lookUp('four.example')).toEqual(['93.184.216.34']);
    await expect(lookUp('none.example')).rejects.toThrow('ENODATA');
  });

  it('of the hosts file is found there, however it is written, and DNS is not asked', async () => {
    const before = asked.length;
    expect(await lookUp('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await lookUp('localhost.')).toEqual(['127.0.0.1', '::1']);
    expect(await lookUp('receiver')).toEqual(['10.0.0.1']);
    expect(await lookUp('INSIDE.example')).toEqual(['10.0.0.1']);
    expect(asked.length).toBe(before);
    const other = { hostsFile: '/nowhere/hosts', servers };
    expect(await namesOf(other)('four.example', never)).toEqual(['93.184.216.34']);
  });

  it('whose server is silent is given up by whoever leaves', async () => {
    const leave = new AbortController();
    const looking = lookUp('silent.example', leave.signal);
    await expect.poll(() => asked).toContain('A silent.example');
    leave.abort();
    await expect(looking).rejects.toThrow('ECANCELLED');
    await expect(lookUp('late.example', leave.signal)).rejects.toThrow('aborted');
    expect(asked).not.toContain('A late.example');
  });

  it('whose server is silent keeps nobody else from being called', async () => {
    const site = await httpServer((_request, response) => response.end('{}'));
    const guard = new Guard({
      allow: ['127.0.0.0/8', '::1'],
      ports: [site.port],
      resolve: namesOf({ hostsFile, servers }),
    });
    const call = (host: string, signal: AbortSignal) =>
      caller(guard)({ method: 'GET', url: guard.parse(`http://${host}:${site.port}/`)!, signal });
    const leave = new AbortController();
    let ended = 0;
    const slow = Array.from({ length: 64 }, (_, n) =>
      call(`slow${n}.example`, leave.signal).finally(() => ended++),
    );
    await expect.poll(() => asked).toContain('A slow63.example');
    for (const host of ['localhost', '127.0.0.1'])
      expect(await call(host, never)).toMatchObject({ kind: 'answered' });
    expect(ended).toBe(0);
    leave.abort();
    for (const outcome of await Promise.all(slow)) expect(outcome).toMatchObject({ kind: 'unreachable' });
    await site.close();
  });
});
