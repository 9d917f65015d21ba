import { expect, test } from 'vitest';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { canary, httpServer } from './loopback.ts';

test('1,000 rebinding rounds: a name is looked up once, and nothing but the checked address is called', async () => {
  let received = 0;
  // 127.0.0.2 plays the public address, 127.0.0.1 on the same port the one inside.
  const receiver = await httpServer((request, response) => {
    received++;
    request.resume();
    response.end('{}');
  }, '127.0.0.2');
  const inside = await canary('127.0.0.1', receiver.port);
  const good = '127.0.0.2';
  const bad = '127.0.0.1';
  /** What the name says at each look-up, and whether the first of it is a place that may be called. */
  const tricks = [
    { says: [[good], [bad]], isGood: true },
    { says: [[bad], [good]], isGood: false },
    { says: [[good, bad], [good]], isGood: false },
    { says: [[bad, good], [good]], isGood: false },
    {
      says: [
        [good, good],
        [bad, bad],
      ],
      isGood: true,
    },
    { says: [[good, `::ffff:${bad}`], [good]], isGood: false },
    { says: [[`::ffff:${good}`], [bad]], isGood: true },
    { says: [[], [bad]], isGood: false },
  ];
  let lookups = 0;
  let answers: string[][] = [];
  const resolve = async () => {
    lookups++;
    return answers.shift() ?? [bad];
  };
  const guard = new Guard({ allow: ['127.0.0.2/32'], ports: [receiver.port], resolve });
  const call = caller(guard);
  let expected = 0;
  try {
    for (let round = 0; round < 1_000; round++) {
      const { says, isGood } = tricks[round % tricks.length]!;
      answers = [...says];
      const url = guard.parse(`http://r${round}.rebind.example:${receiver.port}/`)!;
      const { kind } = await call({ method: 'POST', url, body: '{}' });
      expect(kind).toBe(isGood ? 'answered' : 'unreachable');
      if (isGood) expected++;
    }
    expect(lookups).toBe(1_000);
    expect(received).toBe(expected);
    expect(inside.connections).toBe(0);
  } finally {
    await receiver.close();
    await inside.close();
  }
});
