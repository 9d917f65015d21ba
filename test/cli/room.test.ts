import { expect, test } from 'vitest';
import { Room } from '../../src/cli/room.ts';

/** Work in a room, that is over when it is told. */
function inside(room: Room) {
  const under: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const settled: Promise<unknown>[] = [];
  return {
    under,
    begin(name: string, bytes: number) {
      const end = Promise.withResolvers<void>();
      ends.set(name, end);
      const work = room.hold(bytes, async () => {
        under.push(name);
        await end.promise;
      });
      settled.push(work.catch(() => undefined));
    },
    async end(name: string, error?: Error) {
      if (error) ends.get(name)!.reject(error);
      else ends.get(name)!.resolve();
      // A turn of the event loop, in which whatever can begin does.
      await new Promise(setImmediate);
    },
    over: () => Promise.all(settled),
  };
}

test('work begins while what it holds fits beside the rest, and waits in the order in which it came', async () => {
  const { under, begin, end, over } = inside(new Room(10));
  begin('a', 6);
  begin('b', 4);
  begin('c', 7);
  begin('d', 1);
  expect(under).toEqual(['a', 'b']);
  await end('b');
  expect(under).toEqual(['a', 'b']);
  await end('a', new Error('failed'));
  expect(under).toEqual(['a', 'b', 'c', 'd']);
  await end('c');
  await end('d');
  await over();
});

test('what is larger than the room has it for itself', async () => {
  const { under, begin, end, over } = inside(new Room(10));
  begin('a', 1);
  begin('b', 11);
  begin('c', 1);
  expect(under).toEqual(['a']);
  await end('a');
  expect(under).toEqual(['a', 'b']);
  await end('b');
  expect(under).toEqual(['a', 'b', 'c']);
  await end('c');
  await over();
});

test('what work comes to is handed on', async () => {
  const room = new Room(1);
  expect(await room.hold(1, async () => 'read')).toBe('read');
  await expect(room.hold(1, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
