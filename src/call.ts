/** Characters of a URL that is called. */
export const longestUrl = 2_048;

/** Where a socket leads. */
export interface Place {
  /** A name or an address; IPv6 without brackets. */
  host: string;
  port: number;
}

export interface ProxyPlace extends Place {
  scheme: 'http' | 'https' | 'socks4' | 'socks5';
  login: string;
  password: string;
}

/** A call to somebody else's server. */
export interface Call {
  method: 'GET' | 'POST';
  /** As the guard let it pass. */
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  proxy?: ProxyPlace | undefined;
  /** The head is all that is waited for: the body of the outcome is empty. */
  statusOnly?: boolean;
  signal?: AbortSignal;
}

/**
 * What became of a call. Redirects are answers like any other: they are not followed. `proxyRefused` is the
 * proxy's doing, or the target's as soon as it sees the proxy.
 */
export type Outcome =
  | { kind: 'answered'; status: number; contentType: string; body: string }
  | { kind: 'unreachable' | 'proxyUnreachable' | 'proxyRefused'; cause: unknown };
