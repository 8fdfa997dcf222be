import { describe, expect, it } from 'vitest';
import { Bound, Registry } from '../../src/feed/registry.ts';
import { createManualClock } from '../support/manual-clock.ts';

function create({ lingerMs = 1000, max = 0 } = {}) {
  const clock = createManualClock();
  const told: string[] = [];
  const tell = (what: string) => (name: string) => void told.push(`${what} ${name}`);
  const registry = new Registry<string, string>({
    clock,
    lingerMs,
    bound: new Bound(max),
    key: (name) => name,
    open(name) {
      tell('open')(name);
      return name;
    },
    rest: tell('rest'),
    wake: tell('wake'),
    close: tell('close'),
  });
  return { clock, registry, told };
}

describe('registry of resources that rest', () => {
  it('lets one rest when its last user leaves, and wakes it for the next', () => {
    const { clock, registry, told } = create();
    const [first, second] = [registry.acquire('A'), registry.acquire('A')];
    first?.release();
    expect(told).toEqual(['open A']);
    second?.release();
    second?.release();
    expect(told).toEqual(['open A', 'rest A']);
    clock.advance(999);
    const third = registry.acquire('A');
    registry.acquire('A');
    expect(told).toEqual(['open A', 'rest A', 'wake A']);
    expect(third?.resource).toBe('A');
    clock.advance(10_000);
    expect(told).toHaveLength(3);
  });

  it('closes one that rested for its time, and opens it anew after', () => {
    const { clock, registry, told } = create();
    registry.acquire('A')?.release();
    clock.advance(1000);
    registry.acquire('A');
    expect(told).toEqual(['open A', 'rest A', 'close A', 'open A']);
  });

  it('starts the time anew with each rest', () => {
    const { clock, registry, told } = create();
    for (let visit = 0; visit < 3; visit += 1) {
      registry.acquire('A')?.release();
      clock.advance(900);
    }
    expect(told.filter((what) => what.startsWith('close'))).toEqual([]);
    clock.advance(100);
    expect(told.at(-1)).toBe('close A');
  });

  it('neither rests nor wakes what does not linger', () => {
    const { registry, told } = create({ lingerMs: 0 });
    registry.acquire('A')?.release();
    registry.acquire('A');
    expect(told).toEqual(['open A', 'close A', 'open A']);
  });

  it('closes the one that rested longest to make room, and wakes none for it', () => {
    const { registry, told } = create({ max: 2 });
    const [a, b] = [registry.acquire('A'), registry.acquire('B')];
    b?.release();
    a?.release();
    registry.acquire('B')?.release();
    registry.acquire('C');
    expect(told).toEqual(['open A', 'open B', 'rest B', 'rest A', 'wake B', 'rest B', 'close A', 'open C']);
  });

  it('closes all at once, and tells those that leave afterwards nothing', () => {
    const { clock, registry, told } = create();
    const lease = registry.acquire('A');
    registry.acquire('B')?.release();
    registry.close();
    lease?.release();
    clock.advance(5000);
    expect(told).toEqual(['open A', 'open B', 'rest B', 'close A', 'close B']);
  });
});
