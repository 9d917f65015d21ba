import { describe, expect, it } from 'vitest';
import { proxyOf } from '../../src/tasks/proxy.ts';

const place = (scheme: string, host: string, port: number, login = '', password = '') => ({
  scheme,
  host,
  port,
  login,
  password,
});

describe('a proxy as one string', () => {
  it.each([
    ['198.199.100.10:4780', place('http', '198.199.100.10', 4780)],
    ['198.199.100.10:4780:user:pwd', place('http', '198.199.100.10', 4780, 'user', 'pwd')],
    ['198.199.100.10:4780:user', place('http', '198.199.100.10', 4780, 'user')],
    ['198.199.100.10:4780:user:p:w:d', place('http', '198.199.100.10', 4780, 'user', 'p:w:d')],
    ['socks5:192.191.100.10:4780:user:pwd', place('socks5', '192.191.100.10', 4780, 'user', 'pwd')],
    ['socks4:192.191.100.10:4780', place('socks4', '192.191.100.10', 4780)],
    ['http:192.191.100.10:4780', place('http', '192.191.100.10', 4780)],
    ['https:192.191.100.10:4780:user:pwd', place('https', '192.191.100.10', 4780, 'user', 'pwd')],
    ['SOCKS5:192.191.100.10:4780', place('socks5', '192.191.100.10', 4780)],
    ['http://192.191.100.10:4780', place('http', '192.191.100.10', 4780)],
    ['http://192.191.100.10:4780/', place('http', '192.191.100.10', 4780)],
    ['http://user:pwd@192.191.100.10:4780', place('http', '192.191.100.10', 4780, 'user', 'pwd')],
    ['https://user:pwd@proxy.example:443/', place('https', 'proxy.example', 443, 'user', 'pwd')],
    ['socks5://user:pwd@proxy.example:1080', place('socks5', 'proxy.example', 1080, 'user', 'pwd')],
    ['socks5h://proxy.example:1080', place('socks5', 'proxy.example', 1080)],
    ['socks4a://proxy.example:1080', place('socks4', 'proxy.example', 1080)],
    ['socks://proxy.example:1080', place('socks5', 'proxy.example', 1080)],
    ['socks5://proxy.example:1080:user:pwd', place('socks5', 'proxy.example', 1080, 'user', 'pwd')],
    ['user:pwd@192.191.100.10:4780', place('http', '192.191.100.10', 4780, 'user', 'pwd')],
    ['user@192.191.100.10:4780', place('http', '192.191.100.10', 4780, 'user')],
    ['us%40er:p%3Aw@proxy.example:8080', place('http', 'proxy.example', 8080, 'us@er', 'p:w')],
    ['user:p@w@proxy.example:8080', place('http', 'proxy.example', 8080, 'user', 'p@w')],
    ['proxy.example:8080', place('http', 'proxy.example', 8080)],
    ['Proxy.Example:8080:user:pwd', place('http', 'proxy.example', 8080, 'user', 'pwd')],
    ['localhost:8080', place('http', 'localhost', 8080)],
    ['constructor:8080', place('http', 'constructor', 8080)],
    ['http:localhost:8080', place('http', 'localhost', 8080)],
    ['[2606:4700::1]:8080', place('http', '2606:4700::1', 8080)],
    ['socks5:[2606:4700::1]:8080:user:pwd', place('socks5', '2606:4700::1', 8080, 'user', 'pwd')],
    ['http://user:pwd@[2606:4700::1]:8080', place('http', '2606:4700::1', 8080, 'user', 'pwd')],
    ['my_proxy-1.example:3128', place('http', 'my_proxy-1.example', 3128)],
    ['2130706433:8080', place('http', '127.0.0.1', 8080)],
    ['http:80:8080', place('http', '0.0.0.80', 8080)],
    ['proxy.example:1080:user:a@b', place('http', 'proxy.example', 1080, 'user', 'a@b')],
    [
      'http:proxy.example:8080:user:p@evil.example:80',
      place('http', 'proxy.example', 8080, 'user', 'p@evil.example:80'),
    ],
    ['user:12345@proxy.example:8080', place('http', 'proxy.example', 8080, 'user', '12345')],
  ])('%s', (proxy, expected) => {
    expect(proxyOf({ proxy })).toEqual(expected);
  });

  it.each([
    'proxy.example',
    'proxy.example:',
    ':8080',
    'proxy.example:0',
    'proxy.example:65536',
    'proxy.example:http',
    'ftp:proxy.example:21',
    'ftp://proxy.example:21',
    'constructor://proxy.example:21',
    'socks6:proxy.example:1080',
    'http://',
    'http:///proxy.example:8080',
    'proxy example:8080',
    'proxy.example:8080/path',
    'user:pwd@',
    'user:%E0%A4@proxy.example:8080',
    '[::1:8080',
    'prox/y:8080',
    '@:',
  ])('%s is refused, and never repeated', (proxy) => {
    expect(proxyOf({ proxy })).toEqual({
      field: 'proxy',
      message: 'is not host:port, scheme:host:port:login:password or scheme://login:password@host:port',
    });
  });
});

describe('a proxy in fields of its own', () => {
  const fields = { proxyType: 'socks5', proxyAddress: '198.199.100.10', proxyPort: 4780 };

  it('is read, with its login or without', () => {
    expect(proxyOf(fields)).toEqual(place('socks5', '198.199.100.10', 4780));
    expect(proxyOf({ ...fields, proxyPort: '4780', proxyLogin: 'user', proxyPassword: 'pwd' })).toEqual(
      place('socks5', '198.199.100.10', 4780, 'user', 'pwd'),
    );
    expect(proxyOf({ proxyAddress: 'proxy.example', proxyPort: 80 })).toEqual(
      place('http', 'proxy.example', 80),
    );
    for (const proxyAddress of ['2606:4700::1', '[2606:4700::1]'])
      expect(proxyOf({ proxyAddress, proxyPort: 80 })).toEqual(place('http', '2606:4700::1', 80));
  });

  it('gives way to the string, and is none when all of them are empty', () => {
    expect(proxyOf({ ...fields, proxy: 'proxy.example:80' })).toEqual(place('http', 'proxy.example', 80));
    expect(proxyOf({})).toBeUndefined();
    expect(proxyOf({ proxy: '', proxyType: '', proxyAddress: '' })).toBeUndefined();
  });

  it.each([
    [{ proxyType: 'gopher' }, 'proxyType', 'is not one of http, https, socks4, socks5'],
    [{ proxyType: 'constructor' }, 'proxyType', 'is not one of http, https, socks4, socks5'],
    [{ proxyType: '__proto__' }, 'proxyType', 'is not one of http, https, socks4, socks5'],
    [{ proxyAddress: undefined }, 'proxyAddress', 'is missing'],
    [{ proxyAddress: 'a b' }, 'proxyAddress', 'is not a host'],
    [{ proxyAddress: 'http://proxy.example' }, 'proxyAddress', 'is not a host'],
    [{ proxyPort: undefined }, 'proxyPort', 'is missing'],
    [{ proxyPort: 70_000 }, 'proxyPort', 'is not a port'],
    [{ proxyPort: 80.5 }, 'proxyPort', 'is not a port'],
    [{ proxyPort: 'eighty' }, 'proxyPort', 'is not a port'],
  ])('%o names the field at fault', (change, field, message) => {
    expect(proxyOf({ ...fields, ...change })).toEqual({ field, message });
  });
});

describe('a login or password that its scheme has no way to say', () => {
  const fields = { proxyAddress: '198.199.100.10', proxyPort: 4780 };
  const most = 'é'.repeat(127);
  const tooLong = 'é'.repeat(128);
  const why = 'is over 255 bytes, the most that SOCKS 5 can say';
  const control = 'holds a control character';

  it('is refused by the name of its field', () => {
    const socks5 = { ...fields, proxyType: 'socks5', proxyLogin: 'user', proxyPassword: 'pwd' };
    const socks4 = { ...fields, proxyType: 'socks4', proxyLogin: 'us\0er' };
    expect(proxyOf({ ...socks5, proxyLogin: tooLong })).toEqual({ field: 'proxyLogin', message: why });
    expect(proxyOf({ ...socks5, proxyPassword: tooLong })).toEqual({ field: 'proxyPassword', message: why });
    // Lines of another protocol, which SOCKS 4 would write to whatever listens there.
    expect(proxyOf({ ...socks4, proxyLogin: 'x\r\nMAIL FROM:<a@b.c>' })).toEqual({
      field: 'proxyLogin',
      message: control,
    });
    expect(proxyOf(socks4)).toEqual({ field: 'proxyLogin', message: control });
    expect(proxyOf({ proxy: `socks5:198.199.100.10:4780:user:${tooLong}` })).toEqual({
      field: 'proxy',
      message: `password ${why}`,
    });
    expect(proxyOf({ proxy: 'socks4://us%00er@198.199.100.10:4780' })).toEqual({
      field: 'proxy',
      message: `login ${control}`,
    });
  });

  it('passes to the last byte, and where the scheme has room for it', () => {
    expect(proxyOf({ proxy: `socks5:198.199.100.10:4780:${most}x:${most}x` })).toEqual(
      place('socks5', '198.199.100.10', 4780, `${most}x`, `${most}x`),
    );
    expect(proxyOf({ proxy: `http:198.199.100.10:4780:${tooLong}:${tooLong}` })).toEqual(
      place('http', '198.199.100.10', 4780, tooLong, tooLong),
    );
  });
});
