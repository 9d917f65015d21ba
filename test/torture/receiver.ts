import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  url: string;
  port: number;
  /** By task, as delivered first. */
  results: Map<string, { body: string }>;
  /** Deliveries beyond the first of each task. */
  repeated: number;
  /** Deliveries that said something else than the first. */
  changed: number;
  close(): Promise<unknown>;
}

/** Of one task, so that it is delivered before the third pause: after four in a row the next try is five minutes off. */
const mostRefusals = 2;

/** Takes callbacks in; one in ten it answers as a server that is itself in trouble. */
export async function startReceiver(random: () => number): Promise<Receiver> {
  const refusals = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const taskId = String(request.headers['webhook-id']);
    const refused = refusals.get(taskId) ?? 0;
    if (refused < mostRefusals && random() < 0.1) {
      refusals.set(taskId, refused + 1);
      return response.writeHead(500).end();
    }
    const known = receiver.results.get(taskId);
    if (known === undefined) receiver.results.set(taskId, { body });
    else {
      receiver.repeated++;
      if (known.body !== body) receiver.changed++;
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/`,
    port,
    results: new Map(),
    repeated: 0,
    changed: 0,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  return receiver;
}
