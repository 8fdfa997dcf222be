import { describe, expect, it } from 'vitest';
import { Instances } from '../../../src/demo/instance/instances.ts';
import { InstanceLogs } from '../../../src/demo/instance/logs.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const lineForm = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARN|ERROR|FATAL) \S.*$|^ {4}at \S.*$/;

function logsOf(seed = 1, speed = 1) {
  const clock = createManualClock();
  const instances = new Instances(seed, clock);
  const written = new Map<string, string>();
  const files = {
    append: (name: string, text: string) => void written.set(name, (written.get(name) ?? '') + text),
    remove: (name: string) => void written.delete(name),
  };
  const logs = new InstanceLogs({ seed, clock, speed }, instances, files);
  logs.life.start();
  return { clock, instances, logs, written };
}

describe('InstanceLogs', () => {
  it('are lines with time and level, the same in the files as at the tail', () => {
    const { clock, logs, written } = logsOf();
    clock.advance(60_000);
    expect([...written.keys()]).toEqual(['agent-1', 'agent-2', 'agent-3', 'agent-4']);
    for (const [name, text] of written) {
      const lines = text.split('\n');
      expect(lines.pop()).toBe('');
      expect(logs.tail(name, 1000)).toEqual(lines);
      for (const line of lines) expect(line).toMatch(lineForm);
    }
  });

  it('grow by about four entries a second in all, however many instances run', () => {
    const { clock, logs, instances } = logsOf();
    for (let number = 0; number < 20; number += 1) {
      instances.create(`n${number}`);
      instances.start(`n${number}`);
    }
    const entries = () =>
      instances
        .list(true)
        .flatMap(({ name }) => logs.tail(name, 1000).filter((line) => !line.startsWith(' ')));
    const before = entries().length;
    clock.advance(60_000);
    expect(entries().length - before).toBeGreaterThan(200);
    expect(entries().length - before).toBeLessThan(290);
  });

  it('are the same for the same seed', () => {
    const [one, same, other] = [logsOf(7), logsOf(7), logsOf(8)];
    for (const { clock } of [one, same, other]) clock.advance(60_000);
    expect(one.written).toEqual(same.written);
    expect(one.written).not.toEqual(other.written);
  });

  it('tell of every start and end, and fall silent with their instance', () => {
    const { clock, instances, logs } = logsOf();
    instances.stop('agent-1');
    const stopped = logs.tail('agent-1', 1);
    expect(stopped).toEqual(['2026-01-01 00:00:00 INFO Stopped']);
    clock.advance(60_000);
    expect(logs.tail('agent-1', 1)).toEqual(stopped);
    instances.start('agent-1');
    expect(logs.tail('agent-1', 2)[0]).toMatch(/INFO Starting agent-1 \(pid \d+\)$/);
    instances.fail('agent-1');
    expect(logs.tail('agent-1', 1)[0]).toContain('FATAL');
  });

  it('go with an instance that is deleted, and begin anew with one of its name', () => {
    const { instances, logs, written } = logsOf();
    instances.remove('agent-1');
    expect(logs.tail('agent-1', 1000)).toEqual([]);
    expect(written.has('agent-1')).toBe(false);
    instances.create('agent-1');
    instances.start('agent-1');
    expect(logs.tail('agent-1', 1000)).toHaveLength(2);
  });

  it('keep the last 1,000 lines of an instance', () => {
    const { clock, logs, written } = logsOf(1, 100);
    clock.advance(60_000);
    const all = written.get('agent-1')?.trimEnd().split('\n') ?? [];
    expect(all.length).toBeGreaterThan(2000);
    expect(logs.tail('agent-1', 5000)).toEqual(all.slice(-1000));
    expect(logs.tail('agent-1', 3)).toEqual(all.slice(-3));
    expect(logs.tail('agent-1', 0)).toEqual([]);
  });

  it('are quiet after a stop, and go on after another start', () => {
    const { clock, instances, logs } = logsOf();
    logs.life.stop();
    const before = logs.tail('agent-1', 1000);
    instances.stop('agent-1');
    clock.advance(60_000);
    expect(logs.tail('agent-1', 1000)).toEqual(before);
    instances.start('agent-1');
    logs.life.start();
    clock.advance(60_000);
    expect(logs.tail('agent-1', 1000).slice(0, before.length)).toEqual(before);
    expect(logs.tail('agent-1', 1000).length).toBeGreaterThan(before.length);
  });
});
