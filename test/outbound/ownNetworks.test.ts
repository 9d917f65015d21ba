import { expect, test } from 'vitest';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';

/** A machine whose own addresses are public. */
const interfaces = () => ({
  lo: [own('127.0.0.1', '127.0.0.1/8')],
  eth0: [
    own('93.184.216.34', '93.184.216.34/28'),
    own('2606:4700::34', '2606:4700::34/64'),
    own('fe80::34%eth0', 'fe80::34%eth0/64'),
  ],
  tun0: [own('8.8.4.4', '8.8.4.4/0'), own('8.8.4.5', null)],
});

function own(address: string, cidr: string | null) {
  const family = address.includes(':')
    ? { family: 'IPv6' as const, scopeid: 0 }
    : { family: 'IPv4' as const };
  return { address, cidr, netmask: '', mac: '', internal: false, ...family };
}

test('the addresses of this machine and those beside them are refused, public or not, unless allowed', () => {
  const hosts = [
    '93.184.216.34',
    '1572395042',
    '[::ffff:93.184.216.34]',
    '[2002:5db8:d822::1]',
    '93.184.216.33',
    '93.184.216.47',
    '[64:ff9b::93.184.216.40]',
    '[2606:4700::34]',
    '[2606:4700::1:2:3:4]',
    '8.8.4.4',
    '8.8.4.5',
  ];
  const others = ['93.184.216.48', '93.184.216.31', '[2606:4700:0:1::1]', '1.1.1.1', '8.8.4.6'];
  const parsed = (guard: Guard, all: string[]) =>
    all.filter((host) => guard.parse(`http://${host}:8080/`) !== undefined);
  const guard = new Guard({ allow: [], ports: [8080], interfaces });
  expect(parsed(guard, hosts)).toEqual([]);
  expect(parsed(guard, others)).toEqual(others);
  const allow = ['93.184.216.33', '93.184.216.34'];
  const lenient = new Guard({ allow, ports: [8080], interfaces });
  const ours = hosts.slice(0, 4);
  expect(parsed(lenient, hosts)).toEqual([...ours, '93.184.216.33']);
  lenient.denyOwn(8080);
  expect(parsed(lenient, hosts)).toEqual(['93.184.216.33']);
});

test('a name that leads there is never connected to', async () => {
  const connect = () => {
    throw new Error('a socket was opened');
  };
  for (const address of ['93.184.216.34', '93.184.216.40', '2606:4700::1']) {
    const resolve = async () => [address];
    const guard = new Guard({ allow: [], ports: [8080], interfaces, resolve, connect: connect as never });
    const url = guard.parse('http://beside.example:8080/')!;
    const outcome = await caller(guard)({ method: 'GET', url });
    expect(outcome).toMatchObject({
      kind: 'unreachable',
      cause: { cause: { message: 'the address is not allowed' } },
    });
  }
});

test('a name with thousands of addresses is not looked through', async () => {
  let looks = 0;
  const counted = () => {
    looks++;
    return interfaces();
  };
  const resolve = async () => Array.from({ length: 4_000 }, (_, i) => `1.1.${i >> 8}.${i & 255}`);
  const guard = new Guard({ allow: [], ports: [80], interfaces: counted, resolve });
  const opened = guard.open({ host: 'many.example', port: 80 }, new AbortController().signal);
  await expect(opened).rejects.toThrow('could not be reached');
  expect(looks).toBeLessThan(3);
});
