import { createServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { certificate, key } from './certificate.ts';
import { tcpServer } from './loopback.ts';

export interface TestProxy {
  port: number;
  /** What it was asked for, with the login it was given: `CONNECT site.example:80 Basic …`. */
  asked: string[];
  close(): Promise<unknown>;
}

/** Every name leads to this machine: proxies look names up themselves. */
const dial = (port: number) => connect({ host: '127.0.0.1', port });

/** An HTTP proxy, over TLS or not; `refuse` is the status that it answers instead of serving. */
export async function httpProxy({ secure = false, refuse = 0 } = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const server = secure ? createSecure({ key, cert: certificate }) : createServer();
  const note = ({ method, url, headers }: import('node:http').IncomingMessage) =>
    asked.push([method, url, headers['proxy-authorization']].filter(Boolean).join(' '));
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket));
  server.on('request', (request, response) => {
    note(request);
    if (refuse > 0) return response.writeHead(refuse).end('no');
    const { port, pathname } = new URL(request.url!);
    const onward = dial(Number(port));
    onward.write(`${request.method} ${pathname} HTTP/1.1\r\nhost: site.example\r\nconnection: close\r\n\r\n`);
    onward.pipe(response.socket!);
  });
  server.on('connect', (request, socket) => {
    note(request);
    socket.on('error', () => {});
    if (refuse > 0) return socket.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 2\r\n\r\nno`);
    const onward = dial(Number(request.url!.split(':').at(-1)));
    onward.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A SOCKS proxy of version 4, 4a or 5 (RFC 1928, 1929); it asks for a login where one is set. */
export async function socksProxy({ login = '', refuse = false } = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const server = await tcpServer((socket) => {
    const read = reader(socket);
    serve(socket, read).catch(() => socket.destroy());
  });

  async function serve(socket: Socket, read: (bytes: number) => Promise<Buffer>): Promise<void> {
    const [version] = await read(1);
    const { host, port, user } = version === 4 ? await version4(read) : await version5(socket, read);
    asked.push(`SOCKS${version} ${host}:${port} ${user}`.trim());
    if (refuse) {
      socket.end(version === 4 ? Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]) : granted5(2));
      return;
    }
    const onward = dial(port);
    onward.on('error', () => socket.destroy());
    socket.write(version === 4 ? Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]) : granted5(0));
    socket.pipe(onward).pipe(socket);
  }

  async function version4(read: (bytes: number) => Promise<Buffer>) {
    const head = await read(7);
    const user = await text(read);
    const isName = head[3] === 0 && head[4] === 0 && head[5] === 0;
    const host = isName ? await text(read) : [...head.subarray(3)].join('.');
    return { host, port: head.readUInt16BE(1), user };
  }

  async function version5(socket: Socket, read: (bytes: number) => Promise<Buffer>) {
    await read((await read(1))[0]!);
    let user = '';
    if (login !== '') {
      socket.write(Buffer.from([5, 2]));
      const part = async () => (await read((await read(1))[0]!)).toString();
      await read(1);
      user = `${await part()}:${await part()}`;
      socket.write(Buffer.from([1, user === login ? 0 : 1]));
      if (user !== login) throw new Error('wrong login');
    } else {
      socket.write(Buffer.from([5, 0]));
    }
    const kind = (await read(4))[3];
    const host = kind === 3 ? (await read((await read(1))[0]!)).toString() : [...(await read(4))].join('.');
    return { host, port: (await read(2)).readUInt16BE(), user };
  }

  return { port: server.port, asked, close: server.close };
}

const granted5 = (answer: number) => Buffer.from([5, answer, 0, 1, 0, 0, 0, 0, 0, 0]);

async function text(read: (bytes: number) => Promise<Buffer>): Promise<string> {
  let found = '';
  for (;;) {
    const [byte] = await read(1);
    if (byte === 0) return found;
    found += String.fromCharCode(byte!);
  }
}

/** Reads so many bytes, and leaves the rest in the socket. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  return async (bytes) => {
    for (;;) {
      if (bytes === 0) return Buffer.alloc(0);
      const found = socket.read(bytes) as Buffer | null;
      if (found !== null) return found;
      if (socket.destroyed || socket.readableEnded) throw new Error('ended');
      await new Promise<void>((resolve) => {
        socket.once('readable', resolve);
        socket.once('close', () => resolve());
      });
    }
  };
}
