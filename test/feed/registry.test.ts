import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bound, type Lease, Registry } from '../../src/feed/registry.ts';
import { createManualClock } from '../support/manual-clock.ts';

interface Resource {
  readonly name: string;
  open: boolean;
}

function create({ lingerMs = 0, max = 0 } = {}) {
  const clock = createManualClock();
  const opened: Resource[] = [];
  const registry = new Registry<{ symbol: string }, Resource>({
    lingerMs,
    bound: new Bound(max),
    clock,
    key: ({ symbol }) => symbol.toUpperCase(),
    open({ symbol }) {
      if (symbol === 'BROKEN') throw new Error('cannot be opened');
      const resource = { name: symbol, open: true };
      opened.push(resource);
      return resource;
    },
    close(resource) {
      expect(resource.open).toBe(true);
      resource.open = false;
    },
  });
  const acquire = (symbol: string): Lease<Resource> | undefined => registry.acquire({ symbol });
  const openNow = (): string[] => opened.filter(({ open }) => open).map(({ name }) => name);
  return { clock, registry, acquire, opened, openNow };
}

describe('registry', () => {
  it('opens a resource for its first user, shares it by key, and closes it after the last', () => {
    const { registry, acquire, opened, openNow } = create();
    const [first, second] = [acquire('SPY'), acquire('spy')];
    expect(second?.resource).toBe(first?.resource);
    expect(opened).toHaveLength(1);
    first?.release();
    expect(openNow()).toEqual(['SPY']);
    second?.release();
    expect([openNow(), registry.size]).toEqual([[], 0]);
    expect(acquire('SPY')?.resource).not.toBe(first?.resource);
  });

  it('counts a lease once that is given back twice', () => {
    const { acquire, openNow } = create();
    const [first, second] = [acquire('SPY'), acquire('SPY')];
    first?.release();
    first?.release();
    expect(openNow()).toEqual(['SPY']);
    second?.release();
    expect(openNow()).toEqual([]);
  });

  it('lets an old lease do nothing to the resource that took the place of its own', () => {
    const { registry, acquire, openNow } = create();
    const old = acquire('SPY');
    registry.close();
    acquire('SPY');
    old?.release();
    expect(openNow()).toEqual(['SPY']);
  });

  it('refuses a new key at the bound, not a further user, and takes one again after a close', () => {
    const { registry, acquire } = create({ max: 2 });
    const [spy] = [acquire('SPY'), acquire('QQQ')];
    expect(acquire('IWM')).toBe(undefined);
    const further = acquire('SPY');
    expect(further?.resource).toBe(spy?.resource);
    spy?.release();
    expect(acquire('IWM')).toBe(undefined);
    further?.release();
    expect(acquire('IWM')?.resource.name).toBe('IWM');
    expect(registry.size).toBe(2);
  });

  it('holds no place and no user for what could not be opened', () => {
    const { registry, acquire } = create({ max: 1 });
    expect(() => acquire('BROKEN')).toThrow('cannot be opened');
    expect(registry.size).toBe(0);
    expect(acquire('SPY')).not.toBe(undefined);
  });

  it('lets a resource linger after its last user, for a next one to find', () => {
    const { clock, acquire, openNow, opened } = create({ lingerMs: 30_000 });
    acquire('SPY')?.release();
    clock.advance(29_999);
    const again = acquire('SPY');
    clock.advance(60_000);
    expect([openNow(), opened.length]).toEqual([['SPY'], 1]);
    again?.release();
    clock.advance(29_999);
    expect(openNow()).toEqual(['SPY']);
    clock.advance(1);
    expect(openNow()).toEqual([]);
  });

  it('closes what has lingered longest to make room at the bound, never what is used', () => {
    const { acquire, openNow } = create({ lingerMs: 1000, max: 2 });
    const spy = acquire('SPY');
    acquire('QQQ')?.release();
    expect(acquire('AAPL')).not.toBe(undefined);
    expect(openNow()).toEqual(['SPY', 'AAPL']);
    expect(acquire('MSFT')).toBe(undefined);
    spy?.release();
    expect(acquire('MSFT')).not.toBe(undefined);
    expect(openNow()).toEqual(['AAPL', 'MSFT']);
  });

  it('closes everything once, used or lingering', () => {
    const { clock, registry, acquire, openNow } = create({ lingerMs: 1000 });
    const used = acquire('SPY');
    acquire('QQQ')?.release();
    registry.close();
    expect([openNow(), registry.size]).toEqual([[], 0]);
    used?.release();
    registry.close();
    clock.advance(10_000);
  });

  it('holds open exactly what is used or lingers, whatever happens in whatever order', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('acquire' as const), symbol: fc.constantFrom('A', 'B', 'C') }),
      fc.record({ kind: fc.constant('release' as const), index: fc.nat({ max: 30 }) }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 150 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.constantFrom(0, 100), (actions, lingerMs) => {
        const { clock, registry, acquire, openNow } = create({ lingerMs });
        const leases: { lease: Lease<Resource>; symbol: string; released: boolean }[] = [];
        const leftAt = new Map<string, number>();
        for (const step of actions) {
          if (step.kind === 'advance') clock.advance(step.ms);
          else if (step.kind === 'acquire') {
            const lease = acquire(step.symbol);
            if (lease !== undefined) leases.push({ lease, symbol: step.symbol, released: false });
          } else {
            const held = leases[step.index];
            held?.lease.release();
            if (held !== undefined && !held.released) leftAt.set(held.symbol, clock.monotonic());
            if (held !== undefined) held.released = true;
          }
          const used = (symbol: string) => leases.some((held) => held.symbol === symbol && !held.released);
          const lingers = (symbol: string) => clock.monotonic() < (leftAt.get(symbol) ?? -1e9) + lingerMs;
          const expected = ['A', 'B', 'C'].filter((symbol) => used(symbol) || lingers(symbol));
          expect(openNow().sort()).toEqual(expected);
          expect(registry.size).toBe(expected.length);
        }
      }),
    );
  });
});

function createRest({ lingerMs = 1000, max = 0 } = {}) {
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
    const { clock, registry, told } = createRest();
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
    const { clock, registry, told } = createRest();
    registry.acquire('A')?.release();
    clock.advance(1000);
    registry.acquire('A');
    expect(told).toEqual(['open A', 'rest A', 'close A', 'open A']);
  });

  it('starts the time anew with each rest', () => {
    const { clock, registry, told } = createRest();
    for (let visit = 0; visit < 3; visit += 1) {
      registry.acquire('A')?.release();
      clock.advance(900);
    }
    expect(told.filter((what) => what.startsWith('close'))).toEqual([]);
    clock.advance(100);
    expect(told.at(-1)).toBe('close A');
  });

  it('neither rests nor wakes what does not linger', () => {
    const { registry, told } = createRest({ lingerMs: 0 });
    registry.acquire('A')?.release();
    registry.acquire('A');
    expect(told).toEqual(['open A', 'close A', 'open A']);
  });

  it('closes the one that rested longest to make room, and wakes none for it', () => {
    const { registry, told } = createRest({ max: 2 });
    const [a, b] = [registry.acquire('A'), registry.acquire('B')];
    b?.release();
    a?.release();
    registry.acquire('B')?.release();
    registry.acquire('C');
    expect(told).toEqual(['open A', 'open B', 'rest B', 'rest A', 'wake B', 'rest B', 'close A', 'open C']);
  });

  it('closes all at once, and tells those that leave afterwards nothing', () => {
    const { clock, registry, told } = createRest();
    const lease = registry.acquire('A');
    registry.acquire('B')?.release();
    registry.close();
    lease?.release();
    clock.advance(5000);
    expect(told).toEqual(['open A', 'open B', 'rest B', 'close A', 'close B']);
  });
});
