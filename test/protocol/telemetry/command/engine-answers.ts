import type { CommandType } from '../../../../src/protocol/telemetry/command/order.ts';

/** An ACK, or the error: before the state was asked, where the effect is unknown. */
export type Expected = 'ACK' | { readonly code: string; readonly effect: 'none' | 'unknown' };

const refused: Expected = { code: 'ENGINE_REFUSED', effect: 'none' };
const unclear: Expected = { code: 'ENGINE_REFUSED', effect: 'unknown' };
const unreachable: Expected = { code: 'ENGINE_UNREACHABLE', effect: 'unknown' };

type Row = readonly [command: CommandType, status: number, body: string, expected: Expected];

const halts: readonly (readonly [number, string, Expected])[] = [
  // Yes.
  [200, '', 'ACK'],
  [204, '', 'ACK'],
  [202, '', 'ACK'],
  ...[
    ...['HALT', 'HALTED', 'HALTING', 'STOPPED', 'STOPPING', 'PAUSED', 'ALREADY_HALTED'],
    ...['OK', 'SUCCESS', 'ACCEPTED', 'halted', ' Ok '],
  ].map((word) => [200, JSON.stringify({ status: word }), 'ACK'] as const),
  [200, '{"status":200}', 'ACK'],
  [200, '{"status":299,"message":"done"}', 'ACK'],
  [200, '{"halted":true}', 'ACK'],
  [200, '{"success":true}', 'ACK'],
  [200, '{"ok":true}', 'ACK'],
  [200, '{"ok":true,"error":null,"errors":[]}', 'ACK'],
  [200, '{"status":"HALT","error":"","errors":{}}', 'ACK'],
  [200, '{"status":"HALT","error":false}', 'ACK'],
  // No, whatever else says yes.
  ...['ERROR', 'FAILED', 'FAILURE', 'REJECTED', 'DENIED', 'error'].map(
    (word) => [200, JSON.stringify({ status: word, message: 'no' }), refused] as const,
  ),
  [200, '{"status":"OK","error":"broker timeout"}', refused],
  [200, '{"status":"HALT","errors":["one"]}', refused],
  [200, '{"ok":true,"error":{"message":"no"}}', refused],
  [200, '{"status":"OK","success":false}', refused],
  [200, '{"status":"HALT","ok":false}', refused],
  [200, '{"status":"OK","halted":false}', refused],
  [200, '{"ok":true,"status":"FAILED"}', refused],
  [200, '{"status":"OK","success":"false"}', refused],
  [202, '{"status":"REJECTED"}', refused],
  [400, '', refused],
  [403, '{"status":"HALT"}', refused],
  [404, '<!doctype html>', refused],
  [409, '{"ok":true}', refused],
  [429, '', refused],
  // Neither.
  [200, '{}', unclear],
  [200, 'null', unclear],
  [200, 'true', unclear],
  [200, '[{"status":"HALT"}]', unclear],
  [200, '{"status":"ACTIVE"}', unclear],
  [200, '{"status":"QUEUED"}', unclear],
  [200, '{"status":500,"ok":true}', unclear],
  [200, '{"message":"halted"}', unclear],
  [200, '{"success":"true"}', unclear],
  [200, '<!doctype html><title>502 Bad Gateway</title>', unclear],
  [200, '{"status":"HA', unclear],
  [200, '{"__proto__":{"status":"HALT"}}', unclear],
  [200, `${'['.repeat(5000)}${']'.repeat(5000)}`, unclear],
  [500, '{"status":"HALT"}', unclear],
  [501, '', unclear],
  [200, '{"status":"offline"}', unreachable],
  [200, '{"status":"OFFLINE","error":"engine offline"}', unreachable],
  [301, '', unreachable],
  [302, '{"ok":true}', unreachable],
  [307, '', unreachable],
  [502, '', unreachable],
  [503, '', unreachable],
  [504, '{"ok":true}', unreachable],
];

const resumes: readonly (readonly [number, string, Expected])[] = [
  [204, '', 'ACK'],
  ...['ACTIVE', 'RUNNING', 'STARTING', 'STARTED', 'RESUMED', 'RESUMING', 'OK', 'success', 'ACCEPTED'].map(
    (word) => [200, JSON.stringify({ status: word }), 'ACK'] as const,
  ),
  [200, '{"ok":true}', 'ACK'],
  [200, '{"status":"ACTIVE","halted":false}', 'ACK'],
  [200, '{"status":"ERROR"}', refused],
  [200, '{"success":false}', refused],
  [403, '', refused],
  [200, '{"status":"HALT"}', unclear],
  [200, '{"halted":true}', unclear],
  [200, '{"halted":false}', unclear],
  [500, '', unclear],
  [200, '{"status":"offline"}', unreachable],
  [302, '', unreachable],
  [503, '', unreachable],
];

/** What engines answer to a command, and what the command's sender is told. */
export const engineAnswers: readonly Row[] = [
  ...halts.map(([status, body, expected]): Row => ['HALT', status, body, expected]),
  ...resumes.map(([status, body, expected]): Row => ['RESUME', status, body, expected]),
];
