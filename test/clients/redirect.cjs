// Preloaded into a client's process: its hard-coded https hosts lead to a server on 127.0.0.1:$PORT, while the
// Host header stays what the client wrote.
const https = require('node:https');
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');

const hosts = new Set(['api.capsolver.com', 'api-stable.capsolver.com']);
const original = https.request;

https.request = function request(...given) {
  let [options, ...rest] = given;
  if (typeof options === 'string' || options instanceof URL) {
    const url = new URL(options);
    const more = typeof rest[0] === 'object' ? rest.shift() : {};
    options = { hostname: url.hostname, path: url.pathname + url.search, ...more };
  }
  const host = options.hostname || options.host;
  if (!hosts.has(host)) return original.apply(https, given);
  const { agent, ...others } = options;
  const headers = { ...others.headers, host };
  const port = Number(process.env.PORT);
  const here = { protocol: 'http:', host: undefined, hostname: '127.0.0.1', port, headers };
  return http.request({ ...others, ...here }, ...rest);
};
syncBuiltinESMExports();
