import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../fault.ts';
import type { Flow } from '../flow/flow.ts';
import type { Config } from '../settings/config.ts';
import type { LanguageOf } from './acceptLanguage.ts';
import type { Addresses } from './clientAddress.ts';
import type { Spoken } from './dialects/spoken.ts';
import type { FaultRecorder } from './faults.ts';
import type { Arriving, RawRefusal } from './rawSocket.ts';
import { statusOf } from './reply.ts';
import { pathOf, requestIdOf } from './requestHead.ts';
import { retryAfterOf } from './wireFault.ts';

interface RefusalParts {
  config: Pick<Config, 'always200'>;
  flow: Pick<Flow, 'protection'>;
  addresses: Addresses;
  spokenIn(head: Pick<IncomingMessage, 'url' | 'headers' | 'socket'>): Spoken;
  recordFault: FaultRecorder['recordFault'];
  languageOf: LanguageOf;
  newId(): string;
}

/** Makes what is said of requests that never become whole, in the dialect and language of as much of them as has come. */
export function rawRefusals(parts: RefusalParts) {
  const { config, flow, addresses, spokenIn, recordFault, languageOf, newId } = parts;
  return function refusalOf(error: Error, socket: Socket, { head, request }: Arriving): RawRefusal {
    const address = request === undefined ? addresses.ofSocket(socket) : addresses.of(request);
    const requestId = request === undefined ? newId() : requestIdOf(request, newId);
    const url = pathOf(head.url ?? '');
    const { dialect } = spokenIn({ url, headers: head.headers, socket });
    const fault: Fault = recordFault(flow.protection.refusalOf(address) ?? error, requestId, address);
    // The router takes a path with a slash behind it for the same.
    const path = url.split('?', 1)[0]!.replace(/(?<=.)\/$/, '');
    const reply = dialect.refusal(fault, languageOf(head), { path, url });
    return { ...reply, status: statusOf(reply, config), requestId, retryAfter: retryAfterOf(fault) };
  };
}
