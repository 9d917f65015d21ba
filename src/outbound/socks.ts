import { isIP, type Socket } from 'node:net';
import type { Place, ProxyPlace } from '../call.ts';
import { bytesOf } from './address.ts';

/**
 * Lets a SOCKS proxy of version 4, 4a or 5 (RFC 1928, 1929), over a socket that leads to it, open a way to a place.
 * What comes after its answer stays in the socket. Our own, since the usual library throws inside the socket's
 * events, where nobody can catch it.
 * @throws Error when the proxy refuses, ends, or says what is not SOCKS
 */
export async function throughSocks(socket: Socket, proxy: ProxyPlace, to: Place): Promise<Socket> {
  // There throughout: a stream tells each first listener again of bytes that were too few, and `take` would never wait.
  socket.on('readable', ignore);
  try {
    await (proxy.scheme === 'socks4' ? askVersion4 : askVersion5)(socket, proxy, to);
    return socket;
  } finally {
    socket.off('readable', ignore);
  }
}

function ignore(): void {}

const connect = 1;

async function askVersion4(socket: Socket, { login }: ProxyPlace, { host, port }: Place): Promise<void> {
  const isAddress = isIP(host) === 4;
  // 4a: an address that cannot be says that a name follows.
  const address = isAddress ? bytesOf(host) : [0, 0, 0, 1];
  const texts = isAddress ? [login] : [login, host];
  if (texts.some((text) => text.includes('\0'))) throw new Error('a text for SOCKS 4 holds its end mark');
  const words = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  socket.write(Buffer.concat([Buffer.from([4, connect, ...inTwo(port), ...address]), words]));
  const [, status] = await take(socket, 8);
  if (status !== 0x5a) throw new Error(`SOCKS 4: answered ${status}`);
}

const noLogin = 0;
const byPassword = 2;

async function askVersion5(socket: Socket, { login, password }: ProxyPlace, to: Place): Promise<void> {
  const methods = login === '' ? [noLogin] : [noLogin, byPassword];
  const identity = Buffer.concat([Buffer.from([1]), counted(login), counted(password)]);
  const question = Buffer.concat([Buffer.from([5, connect, 0]), addressOf(to), Buffer.from(inTwo(to.port))]);
  socket.write(Buffer.from([5, methods.length, ...methods]));
  const [version, method = -1] = await take(socket, 2);
  if (version !== 5 || !methods.includes(method)) throw new Error(`SOCKS 5: answered ${version}, ${method}`);
  if (method === byPassword) {
    socket.write(identity);
    const [, status] = await take(socket, 2);
    if (status !== 0) throw new Error('SOCKS 5: refused the login');
  }
  socket.write(question);
  const [again, status, , kind = -1] = await take(socket, 4);
  if (again !== 5 || status !== 0) throw new Error(`SOCKS 5: answered ${again}, ${status}`);
  const bound = kind === 3 ? (await take(socket, 1))[0] : addressBytes[kind];
  if (bound === undefined) throw new Error(`SOCKS 5: is bound to an address of kind ${kind}`);
  await take(socket, bound + 2);
}

/** By kind, where the kind alone tells it. */
const addressBytes: Record<number, number> = { 1: 4, 4: 16 };

function addressOf({ host }: Place): Buffer {
  const family = isIP(host);
  if (family === 0) return Buffer.concat([Buffer.from([3]), counted(host)]);
  return Buffer.from([family === 4 ? 1 : 4, ...bytesOf(host)]);
}

/** @throws Error where the bytes are more than one byte can count */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new Error('a text for SOCKS 5 is over 255 bytes');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function inTwo(port: number): [number, number] {
  return [port >> 8, port & 255];
}

/** The next bytes, one at least, and not one more, since what follows is for others. */
async function take(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const found: Buffer | null = socket.read(bytes);
    if (found?.length === bytes) return found;
    // At the end of a stream, `read` gives fewer.
    if (found !== null || socket.readableEnded || socket.destroyed) throw new Error('SOCKS: ended too soon');
    await change(socket);
  }
}

function change(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      socket.off('readable', go).off('close', go);
      resolve();
    };
    socket.on('readable', go).on('close', go);
  });
}
