import { describe, expect, it } from 'vitest';
import { hostNameFault, readHost } from '../../src/access/host-name.ts';

describe('A Host header', () => {
  it.each([
    ['dash.example.com', 'dash.example.com', ''],
    ['DASH.example.com:3000', 'dash.example.com', '3000'],
    ['dash.example.com.:3000', 'dash.example.com', '3000'],
    ['telemetry:80', 'telemetry', '80'],
    ['my_host', 'my_host', ''],
    ['10.0.0.5:3000', '10.0.0.5', '3000'],
    ['[::1]:3000', '::1', '3000'],
    ['[2001:DB8::1]', '2001:db8::1', ''],
    // As programs write addresses, unlike browsers.
    ['127.1:3000', '127.0.0.1', '3000'],
    ['[0:0:0:0:0:0:0:1]', '::1', ''],
    ['[fe80::1%eth0]:3000', 'fe80::1', '3000'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', ''],
  ])('%s has the name %s and the port %j', (header, name, port) => {
    expect(readHost(header)).toEqual({ name, port });
  });

  it.each([
    '',
    ':3000',
    'user@dash.example.com',
    'dash.example.com/x',
    'dash.example.com?x',
    'a.example, b.example',
    'dash.example.com:x',
    '::1',
    '[dash.example.com]',
    '[::1',
    'a b',
  ])('%j is none', (header) => {
    expect(readHost(header)).toBe(undefined);
  });
});

describe('An entry of ALLOWED_HOSTS', () => {
  it.each(['dash.example.com', 'Telemetry', 'my_host', '10.0.0.5', '[::1]', 'bücher.example', 'a.example.'])(
    'may be %s',
    (entry) => expect(hostNameFault(entry)).toBe(undefined),
  );

  it.each([
    ['https://dash.example.com', 'is not a host name'],
    ['*', 'is not a host name'],
    ['*.example.com', 'is not a host name'],
    ['a..example.com', 'is not a host name'],
    ['::1', 'is not a host name'],
    ['dash.example.com:3000', 'has a port'],
    ['dash.example.com:', 'has a port'],
  ])('%s is refused', (entry, why) => {
    expect(hostNameFault(entry)).toContain(why);
  });
});
