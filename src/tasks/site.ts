import { z } from 'zod';
import type { Call, Place, ProxyPlace } from '../call.ts';
import { Fault } from '../fault.ts';
import { parseJsonText } from './jsonText.ts';
import { type ProxyFields, proxyFields, proxyOf } from './proxy.ts';
import type { Web } from './task.ts';

/** What a URL or a proxy may be, as far as its text can tell. */
export interface SiteRules {
  /** Undefined for a URL that is never called. */
  parse(url: string): URL | undefined;
  /** False for an address that is never called; true for every name. */
  allowsLiteral(place: Place): boolean;
}

/** Where a challenge comes from, and by which way. */
export interface Site {
  url: URL | undefined;
  /** Which field named the URL, or would have. */
  field: 'challengeURL' | 'websiteURL';
  proxy: ProxyPlace | undefined;
  /** And which the proxy. */
  proxyField: 'proxy' | 'proxyAddress';
}

const link = z.string('is not a string').trim().optional();

/** The fields that every task has which calls a site. */
export const siteFields = {
  challengeURL: link.describe('where the challenge comes from; required without `challenge`'),
  websiteURL: link.describe('read in place of `challengeURL`'),
  ...proxyFields,
};

type SiteInput = ProxyFields & {
  challenge?: unknown;
  challengeURL?: string | undefined;
  websiteURL?: string | undefined;
};

/** Reads those fields; `refuse` is told of a mistake in one of them. */
export function siteOf(
  task: SiteInput,
  rules: SiteRules,
  refuse: (field: string, message: string) => void,
): Site {
  const field = task.challengeURL === undefined ? 'websiteURL' : 'challengeURL';
  // Beside a challenge it only says where that is from: it is not called, and may be any.
  const given = task.challenge === undefined ? task[field] : undefined;
  const url = given === undefined ? undefined : rules.parse(given);
  if (given !== undefined && url === undefined) refuse(field, 'is not a URL that may be called');
  const proxy = proxyOf(task);
  const proxyField = task.proxy ? 'proxy' : 'proxyAddress';
  if (proxy !== undefined && 'message' in proxy) refuse(proxy.field, proxy.message);
  else if (proxy !== undefined && !rules.allowsLiteral(proxy))
    refuse(proxyField, 'is not an address that may be called');
  return { url, field, proxy: proxy !== undefined && 'scheme' in proxy ? proxy : undefined, proxyField };
}

/**
 * Asks the site for JSON of this form.
 * @throws Fault ERROR_PROXY_BANNED when the proxy cannot be reached, or the target refuses it;
 * ERROR_CAPTCHA_UNSOLVABLE when the site gives no such answer
 */
export async function askSite<T>(
  web: Web,
  { field, proxy, proxyField }: Site,
  call: Omit<Call, 'headers' | 'proxy'>,
  form: z.ZodType<T>,
): Promise<T> {
  const accept = { accept: 'application/json' };
  const headers = call.body === undefined ? accept : { ...accept, 'content-type': 'application/json' };
  const outcome = await web.call({ ...call, headers, proxy });
  if (outcome.kind === 'proxyUnreachable')
    throw banned({ detail: `task.${proxyField}: could not be reached`, cause: outcome.cause });
  if (outcome.kind === 'proxyRefused') throw banned({ cause: outcome.cause });
  if (outcome.kind !== 'answered') throw noAnswer(field, 'could not be reached', outcome.cause);
  const { status, contentType, body } = outcome;
  if (proxy !== undefined && (refusals.has(status) || isPage(contentType, body)))
    throw banned({ cause: `answered ${status} ${contentType}` });
  const parsed = form.safeParse(status >= 200 && status < 300 ? parseJson(body) : undefined);
  if (!parsed.success) throw noAnswer(field, 'did not answer as such a site does', `answered ${status}`);
  return parsed.data;
}

/** How a target, or the proxy itself, says that it will not serve this client. */
const refusals = new Set([403, 407, 429]);

/** Whoever answers a program's call with a page for people is showing a block page. */
function isPage(contentType: string, body: string): boolean {
  return /\bhtml\b/i.test(contentType) || /^\s*<(!doctype|html)/i.test(body);
}

function parseJson(body: string): unknown {
  const read = parseJsonText(body);
  return 'value' in read ? read.value : undefined;
}

function banned(why: { detail?: string; cause: unknown }): Fault {
  return new Fault('ERROR_PROXY_BANNED', why);
}

function noAnswer(field: string, what: string, cause: unknown): Fault {
  return new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: `task.${field}: ${what}`, cause });
}
