import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../../src/call.ts';
import { caller, type Limits } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { canary, httpServer, type Listener, tcpServer } from './loopback.ts';

let trap: Listener;
beforeAll(async () => {
  trap = await canary();
});
afterAll(() => trap.close());

/** Limits that a test can wait for; for what answers, a busy machine may need more. */
const short = { connectMs: 300, headersMs: 300, totalMs: 600 };

/** A caller that may reach this machine. */
function local(port: number, resolve = async () => ['127.0.0.1'], limits: Partial<Limits> = {}) {
  const guard = new Guard({ allow: ['127.0.0.0/8', '::1'], ports: [port, trap.port], resolve });
  const call = caller(guard, {
    connectMs: 10_000,
    headersMs: 10_000,
    totalMs: 20_000,
    bytes: 1_000,
    ...limits,
  });
  return (path = '/', more: Partial<Call> = {}) =>
    call({ method: 'GET', url: guard.parse(`http://site.example:${port}${path}`)!, ...more });
}

describe('an answer', () => {
  it('comes with its status and body, over a connection of its own', async () => {
    const seen: unknown[] = [];
    const server = await httpServer((request, response) => {
      const { connection, host } = request.headers;
      request.setEncoding('utf8').on('data', (body) => seen.push([request.method, connection, host, body]));
      response.writeHead(418, { 'content-type': 'text/plain' }).end('short and stout');
    });
    const call = local(server.port);
    const answer = await call('/pot?q=1', { method: 'POST', body: 'tea', headers: { 'x-a': 'b' } });
    expect(answer).toEqual({
      kind: 'answered',
      status: 418,
      contentType: 'text/plain',
      body: 'short and stout',
    });
    expect(seen).toEqual([['POST', 'close', `site.example:${server.port}`, 'tea']]);
    await server.close();
  });

  it('is not asked of a proxy that the environment names', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const server = await httpServer((_request, response) => response.end('direct'));
    for (const name of names) process.env[name] = `http://127.0.0.1:${trap.port}`;
    try {
      expect(await local(server.port)()).toMatchObject({ body: 'direct' });
    } finally {
      for (const name of names) delete process.env[name];
      await server.close();
    }
    expect(trap.connections).toBe(0);
  });
});

describe('an answer of which the status is wanted alone', () => {
  const head = 'HTTP/1.1 202 Accepted\r\n';
  const bodies: [string, Parameters<typeof tcpServer>[0]][] = [
    ['is too long', (socket) => socket.write(`${head}content-length: 2000\r\n\r\n${'x'.repeat(2_000)}`)],
    ['never ends', (socket) => socket.write(`${head}content-length: 900\r\n\r\nx`)],
    ['never begins', (socket) => socket.write(`${head}content-length: 900\r\n\r\n`)],
    ['is cut off', (socket) => socket.end(`${head}content-length: 900\r\n\r\nx`)],
    ['is no chunk', (socket) => socket.write(`${head}transfer-encoding: chunked\r\n\r\nnothing\r\n`)],
    [
      'goes on for ever',
      (socket) => {
        socket.write(`${head}content-length: 1000000000\r\n\r\n`);
        pour(socket, 'x'.repeat(10_000));
      },
    ],
  ];

  it.each(bodies)('is that status, and its connection ends, although its body %s', async (_name, serve) => {
    const closed = Promise.withResolvers<void>();
    const server = await tcpServer((socket) => {
      socket.once('close', () => closed.resolve());
      socket.once('data', () => serve(socket));
    });
    const outcome = await local(server.port)('/', { method: 'POST', body: '{}', statusOnly: true });
    expect(outcome).toEqual({ kind: 'answered', status: 202, contentType: '', body: '' });
    await closed.promise;
    await server.close();
  });

  it('may take as long as the whole call, and not only as long as a head', async () => {
    const waiting: ServerResponse[] = [];
    const server = await httpServer((request, response) => {
      if (request.method === 'POST') waiting.push(response);
    });
    const ask = local(server.port, undefined, { headersMs: 50, totalMs: 20_000 });
    const alone = ask('/', { method: 'POST', statusOnly: true });
    expect(await ask('/')).toMatchObject({ kind: 'unreachable' });
    for (const response of waiting) response.end('late');
    expect(await alone).toMatchObject({ kind: 'answered', status: 200 });
    await server.close();
  });
});

describe('a redirect', () => {
  const targets = (port: number) => [
    `http://127.0.0.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://localhost:${port}/`,
    `//127.0.0.1:${port}/`,
    `http://user:pass@127.0.0.1:${port}/`,
    `/again`,
    `HTTP://127.0.0.1:${port}`,
  ];
  const statuses = [300, 301, 302, 303, 305, 307, 308];

  it('is not followed, in any of 40 forms and more', async () => {
    let requests = 0;
    let answer: (response: ServerResponse) => void = () => {};
    const server = await httpServer((_request, response) => {
      requests++;
      answer(response);
    });
    const call = local(server.port);
    const forms: ((response: ServerResponse) => void)[] = statuses.flatMap((status) =>
      targets(trap.port).map((location) => (response) => response.writeHead(status, { location }).end()),
    );
    const elsewhere = `http://127.0.0.1:${trap.port}/`;
    forms.push((response) => response.writeHead(200, { refresh: `0; url=${elsewhere}` }).end());
    forms.push((response) => response.writeHead(201, { location: elsewhere }).end());
    forms.push((response) => response.writeHead(200, { 'content-location': elsewhere }).end());
    forms.push((response) => response.writeHead(200, { link: `<${elsewhere}>; rel=preload` }).end());
    forms.push((response) => response.writeHead(200, { 'alt-svc': `h2="127.0.0.1:${trap.port}"` }).end());
    forms.push((response) => response.end(`<meta http-equiv="refresh" content="0;url=${elsewhere}">`));
    expect(forms.length).toBeGreaterThanOrEqual(40);
    for (const form of forms) {
      answer = form;
      expect((await call()).kind).toBe('answered');
    }
    expect(requests).toBe(forms.length);
    expect(trap.connections).toBe(0);
    await server.close();
  });
});

describe('what does not answer as it should', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const ways: [string, Parameters<typeof tcpServer>[0]][] = [
    ['never answers', () => {}],
    ['closes at once', (socket) => socket.destroy()],
    ['speaks another protocol', (socket) => socket.end('220 mail.example ESMTP\r\n')],
    ['drips its head', (socket) => drip(socket, 'H')],
    [
      'drips its body',
      (socket) => {
        socket.write(`${head}content-length: 900\r\n\r\n`);
        drip(socket, 'x');
      },
    ],
    [
      'sends a body without end',
      (socket) => {
        socket.write(`${head}content-length: 1000000000\r\n\r\n`);
        pour(socket, 'x'.repeat(10_000));
      },
    ],
    [
      'sends chunks without end',
      (socket) => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        pour(socket, `3e8\r\n${'x'.repeat(1_000)}\r\n`);
      },
    ],
    [
      'sends headers without end',
      (socket) => {
        socket.write(head);
        pour(socket, `x-${'x'.repeat(1_000)}: 1\r\n`);
      },
    ],
    ['promises more than it sends', (socket) => socket.end(`${head}content-length: 100\r\n\r\nshort`)],
  ];

  it.each(ways)('is given up: one that %s', async (_name, serve) => {
    const server = await tcpServer(serve);
    expect(await local(server.port, undefined, short)()).toMatchObject({ kind: 'unreachable' });
    await server.close();
  });

  it('is given up: a name that is never looked up, and a port where nobody listens', async () => {
    const server = await tcpServer(() => {});
    await server.close();
    expect(await local(server.port)()).toMatchObject({ kind: 'unreachable' });
    const never = () => new Promise<never>(() => {});
    expect(await local(server.port, never, short)()).toMatchObject({ kind: 'unreachable' });
  });

  it('is left at once when nobody waits any more', async () => {
    const gone = new AbortController();
    const server = await tcpServer(() => gone.abort());
    expect(await local(server.port)('/', { signal: gone.signal })).toMatchObject({ kind: 'unreachable' });
    await server.close();
  });
});

type Written = {
  write(text: string): boolean;
  destroyed: boolean;
  once(event: 'close' | 'drain', then: () => void): unknown;
};

function drip(socket: Written, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.once('close', () => clearInterval(timer));
}

function pour(socket: Written, text: string): void {
  while (!socket.destroyed && socket.write(text)) {}
  if (!socket.destroyed) socket.once('drain', () => pour(socket, text));
}
