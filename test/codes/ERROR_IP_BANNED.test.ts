import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, start, type World } from '../world.ts';

const text = (time: string) => `Your IP has been blocked for ${time}`;

async function makeErrors(world: World, count: number): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    const batch = Array.from({ length: Math.min(50, count - done) }, () => world.send('/createTask', '{bad'));
    await Promise.all(batch);
  }
}

test('999 errors in 60 s ban nobody, the 1,000th does, for 10 minutes', async () => {
  await using world = await openWorld();
  await makeErrors(world, 999);
  expectReady(await world.call('createTask', await imageTask()));
  const before = await world.money();
  await makeErrors(world, 1);

  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_IP_BANNED', text('10 minutes'));
  expect(refused.headers.get('retry-after')).toBe('600');
  expect(await world.money()).toEqual(before);

  world.clock.advance(300_001);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('5 minutes'));
  world.clock.advance(299_999);
  expectReady(await world.call('createTask', await imageTask()));
  expect(before.posted).toBeLessThan(start);
});

test('errors spread over more than a minute ban nobody', async () => {
  await using world = await openWorld({ settings: { banErrors: 10 } });
  for (let i = 0; i < 20; i++) {
    await makeErrors(world, 1);
    world.clock.advance(7_000);
  }
  expect((await world.call('getBalance')).status).toBe(200);
});

test('the second ban within 24 hours of the first is 30 minutes, one a day after that 10 again', async () => {
  await using world = await openWorld({ settings: { banErrors: 5 } });
  await makeErrors(world, 5);
  world.clock.advance(600_000);
  await makeErrors(world, 5);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('30 minutes'));
  world.clock.advance(1_800_000 + 86_400_000);
  await makeErrors(world, 5);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('10 minutes'));
});

test('a ban that is longer than a day is remembered for a day after it', async () => {
  await using world = await openWorld({ settings: { banErrors: 5, banSeconds: [172_800, 259_200] } });
  await makeErrors(world, 5);
  world.clock.advance(172_800_000);
  await makeErrors(world, 5);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('4,320 minutes'));
});

test('requests while banned do not make the ban longer', async () => {
  await using world = await openWorld({ settings: { banErrors: 5 } });
  await makeErrors(world, 50);
  world.clock.advance(599_000);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('1 minute'));
  world.clock.advance(1_000);
  expect((await world.call('getBalance')).status).toBe(200);
});

test('a ban and its place on the ladder survive a restart', async () => {
  const first = await openWorld({ settings: { banErrors: 5 } });
  await makeErrors(first, 5);
  await expect.poll(() => first.store.listBans(first.clock.now())).toHaveLength(1);
  await first.stop();

  const { dataDir, clock } = first;
  await using second = await openWorld({ settings: { banErrors: 5 }, dataDir, clock });
  expectRefusal(await second.call('getBalance'), 'ERROR_IP_BANNED', text('10 minutes'));
  clock.advance(600_000);
  await makeErrors(second, 5);
  expectRefusal(await second.call('getBalance'), 'ERROR_IP_BANNED', text('30 minutes'));
});

test('the operator lifts a ban, and with it its place on the ladder', async () => {
  await using world = await openWorld({ settings: { banErrors: 5 } });
  await makeErrors(world, 5);
  await expect.poll(() => world.store.liftBan('address', '127.0.0.1')).toBe(true);
  await expect.poll(async () => (await world.call('getBalance')).status).toBe(200);
  await makeErrors(world, 5);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('10 minutes'));
});

test('a banned client is told so whatever it asks for', async () => {
  await using world = await openWorld({ settings: { banErrors: 1 } });
  await makeErrors(world, 1);
  for (const path of ['/%zz', '/nothing', '/res.php']) {
    const socket = connect(world.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answer = (await socket.toArray()).join('');
    expect(answer).toContain('IP_BANNED');
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  }
  const lines = world.log.length;
  const socket = connect(world.port, '127.0.0.1');
  socket.write('garbage\r\n\r\n');
  expect((await socket.toArray()).join('')).toContain('ERROR_IP_BANNED');
  const said = world.log.slice(lines).map((line) => JSON.parse(line));
  expect(said).toMatchObject([{ level: 'debug', code: 'ERROR_IP_BANNED' }]);
});

test('each unknown task that res.php is asked for in one call is a mistake', async () => {
  await using world = await openWorld({ settings: { banErrors: 5 } });
  const ids = [1, 2, 3, 4, 5].join();
  const said = await fetch(`${world.url}/res.php?key=${world.key}&action=get&ids=${ids}`);
  expect(said.status).toBe(200);
  expectRefusal(await world.call('getBalance'), 'ERROR_IP_BANNED', text('10 minutes'));
});

test('a banned client is answered before its body is read', async () => {
  await using world = await openWorld({ settings: { banErrors: 1 } });
  await makeErrors(world, 1);
  const socket = connect(world.port, '127.0.0.1');
  socket.write('POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{');
  const answer = (await socket.toArray()).join('');
  expect(answer).toContain('"errorCode":"ERROR_IP_BANNED"');
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
});

test('a banned client that writes its whole body before it reads is told, and no request behind it is looked at', async () => {
  await using world = await openWorld({ settings: { banErrors: 1 } });
  await makeErrors(world, 1);
  const socket = connect(world.port, '127.0.0.1');
  socket.pause();
  const lines = world.log.length;
  socket.write('POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n');
  await expect.poll(() => world.log.length).toBe(lines + 1);
  await new Promise((written) => socket.write('a'.repeat(4_000_000), written));
  socket.write('GET /docs HTTP/1.1\r\nHost: x\r\n\r\n');
  const answer = (await socket.toArray()).join('');
  expect(answer).toContain('"errorCode":"ERROR_IP_BANNED"');
  expect(world.log).toHaveLength(lines + 1);
});

test('errors from ever other /64s of one /56 ban all of it, and of one /48 all of that', async () => {
  await using world = await openWorld({ settings: { banErrors: 2, trustedProxies: ['127.0.0.1'] } });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const codeFor = async (address: string) =>
    (await world.call('getBalance', {}, from(address))).body.errorCode as string;

  for (let subnet = 0; subnet < 8; subnet++) {
    expect(await codeFor('2001:db8:1:ff::1')).toBe('');
    await world.send('/createTask', '{bad', from(`2001:db8:1:${subnet}::1`));
  }
  expect(await codeFor('2001:db8:1:ff::1')).toBe('ERROR_IP_BANNED');
  expect(await codeFor('2001:db8:1:100::1')).toBe('');

  for (let subnet = 1; subnet <= 24; subnet++)
    await world.send('/createTask', '{bad', from(`2001:db8:1:${subnet.toString(16)}00::1`));
  expect(await codeFor('2001:db8:1:ffff::1')).toBe('ERROR_IP_BANNED');
  expect(await codeFor('2001:db8:2::1')).toBe('');
  const bans = await world.store.listBans(world.clock.now());
  expect(bans.map(({ subject }) => subject)).toEqual(['2001:db8:1:0::/56', '2001:db8:1::/48']);
});
