import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';

export interface Listener {
  port: number;
  connections: number;
  /** Bytes that came in. */
  bytes: number;
  close(): Promise<void>;
}

/** A listener that counts who comes: by whatever way a call gets here, it should not have. */
export async function canary(host = '::', port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    listener.connections++;
    sockets.add(socket);
    socket.on('data', (data) => {
      listener.bytes += data.length;
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const listener: Listener = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    bytes: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return listener;
}

/** An HTTP server on a loopback address. */
export async function httpServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  host = '127.0.0.1',
) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** A server of raw sockets on 127.0.0.1. */
export async function tcpServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
