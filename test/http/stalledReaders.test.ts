import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { closeStalledReaders } from '../../src/http/stalledReaders.ts';

/** More than the system keeps of what one side has sent and the other has not read. */
const muchBytes = 16 * 2 ** 20;
const lookMs = 5_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** A client that has asked for a large answer and read nothing of it yet, and the server's side of its connection. */
async function asking(): Promise<{ client: Socket; serving: Socket }> {
  const server = createServer((_request, response) => response.end(Buffer.alloc(8 * muchBytes)));
  closeStalledReaders(server);
  const connected = once(server, 'connection');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [serving] = await connected;
  while (serving.writableLength < muchBytes) await turn();
  return { client, serving };
}

async function readMuch(client: Socket): Promise<void> {
  for (let read = 0; read < muchBytes && !client.destroyed; ) {
    const piece: Buffer | null = client.read();
    if (piece === null) await turn();
    else read += piece.length;
  }
}

test('a client that reads nothing of its answer for 15 seconds loses its connection', async () => {
  const { serving } = await asking();
  // The first look only sees where it stands.
  vi.advanceTimersByTime(lookMs);
  vi.advanceTimersByTime(14_999);
  expect(serving.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(serving.destroyed).toBe(true);
});

test('one that reads a large answer slowly keeps it', async () => {
  const { client, serving } = await asking();
  for (let looks = 0; looks < 6; looks++) {
    vi.advanceTimersByTime(lookMs);
    await readMuch(client);
  }
  expect(serving.destroyed).toBe(false);
  expect(serving.writableLength).toBeGreaterThan(muchBytes);
});
