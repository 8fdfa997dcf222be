import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TelemetryError, TransportName, ViewChange } from '../../src/client/index.ts';
import {
  badSections,
  type Condition,
  type Door,
  type ModelGateway,
  startModelGateway,
  type TokenKind,
  viewText,
} from './connection-model.ts';

const transports = ['websocket', 'sse', 'polling'] as const;
/** A silent connection counts as such by then, whatever its transport. */
const silentMs = { websocket: 20_000, sse: 60_000, polling: 11_000 };

/** A change of the view that was asked for, and what became of it. */
interface Asked {
  readonly change: ViewChange;
  outcomes: number;
  isGranted: boolean;
}

/** A client, its gateway, and what was seen of them. */
class Scene {
  readonly gateway: ModelGateway;
  readonly asked: Asked[] = [];
  readonly faults: string[];
  isClosed = false;
  /** A change was not answered in time: until the next connection nobody knows whether it is in force. */
  isUncertain = false;
  /** Listeners that were called after `close`. */
  lateCalls = 0;

  constructor(gateway: ModelGateway) {
    const { client, faults } = gateway;
    this.gateway = gateway;
    this.faults = faults;
    let last = { epoch: '', seq: 0 };
    for (const event of ['update', 'state', 'granted', 'freshness', 'error'] as const) {
      client.on(event, () => {
        if (this.isClosed) this.lateCalls += 1;
      });
    }
    client.on('update', () => {
      const { position = last } = client;
      if (position.epoch === last.epoch && position.seq < last.seq) {
        faults.push(`went back from ${last.seq} to ${position.seq}`);
      }
      last = position;
    });
  }

  ask(change: ViewChange): void {
    // As with the options that a client is made with, nobody is there to refuse it.
    if (this.gateway.client.status.state === 'idle' && change.sections === badSections) return;
    const asked: Asked = { change, outcomes: 0, isGranted: false };
    this.asked.push(asked);
    this.gateway.client.setOptions(change).then(
      () => {
        asked.outcomes += 1;
        asked.isGranted = true;
      },
      ({ code }: TelemetryError) => {
        asked.outcomes += 1;
        this.isUncertain ||= code === 'TIMEOUT';
      },
    );
  }

  get #isSettled(): boolean {
    return this.asked.every(({ outcomes }) => outcomes > 0);
  }

  /** What must hold at any time. */
  check(): void {
    const { gateway, isClosed } = this;
    const { client } = gateway;
    const { state, transport } = client.status;
    expect(this.faults).toEqual([]);
    for (const name of transports) {
      const open = gateway.open(name);
      const isNew = open.filter(({ isWelcome }) => !isWelcome);
      // Besides the one in use there are those that an answer is still awaited by.
      const idle = open.filter(({ isWelcome, unanswered }) => isWelcome && unanswered === 0);
      // Each poll is a request of its own, those of a series that is to be replaced too.
      expect(isNew.length, `${name}: attempts`).toBeLessThanOrEqual(name === 'polling' ? 2 : 1);
      expect(idle.length, `${name}: connections`).toBeLessThanOrEqual(1);
    }
    if (isClosed) {
      expect(transports.flatMap((name) => gateway.open(name))).toEqual([]);
      expect(state).toBe('closed');
      expect(this.lateCalls).toBe(0);
      return;
    }
    if (state === 'idle') expect(transports.flatMap((name) => gateway.open(name))).toEqual([]);
    if (state === 'idle' || state === 'refused' || state === 'unauthorized') {
      expect(transport).toBeUndefined();
      expect(client.freshness.of().state).not.toBe('fresh');
      const welcome = transports.flatMap((name) => gateway.open(name)).filter((peer) => peer.isWelcome);
      expect(welcome).toEqual([]);
    }
    if (transport !== undefined) {
      for (const worse of transports.slice(transports.indexOf(transport) + 1)) {
        expect(gateway.open(worse), `${worse} beside ${transport}`).toEqual([]);
      }
    }
    const [peer, ...others] = gateway.open('websocket');
    if (peer?.isWelcome && others.length === 0 && !this.isUncertain && this.#isSettled) {
      expect(viewText(peer.view)).toBe(viewText(client.wanted));
    }
    if (state === 'live' || state === 'polling') {
      const name = transport ?? 'websocket';
      // Between two polls there is none.
      if (name !== 'polling') expect(gateway.open(name).some(({ isWelcome }) => isWelcome)).toBe(true);
      expect(gateway.now() - gateway.saidAt, 'silence').toBeLessThanOrEqual(silentMs[name]);
    }
  }

  /**
   * All is well from here on, as far as this transport: then the client comes to that, has everything as it should be,
   * and goes back to WebSockets once it can.
   */
  async heal(scheduler: fc.Scheduler, best: TransportName): Promise<void> {
    const { gateway, asked } = this;
    const { client } = gateway;
    gateway.answers = true;
    gateway.isShortLived = [false];
    gateway.setDoor('open');
    if (gateway.tokenKind !== 'provider') gateway.setToken('provider');
    if (client.status.state === 'idle') client.connect();
    for (const name of transports) gateway.conditions[name] = 'open';
    for (const name of transports.slice(0, transports.indexOf(best))) {
      gateway.conditions[name] = 'refused';
      for (const peer of gateway.open(name)) peer.end(false);
    }
    for (let step = 0; step < 20; step += 1) await this.pass(scheduler, 2000);
    // Nobody need be there to mend it on this side.
    const isRefused = (): boolean => ['refused', 'unauthorized'].includes(client.status.state);
    for (let tries = 0; tries < 3 && isRefused(); tries += 1) await this.pass(scheduler, 300_000);
    await this.#until(scheduler, best, best === 'polling' ? 'polling' : 'live');
    expect(client.status.reason === '').toBe(best === 'websocket');
    for (const name of transports) gateway.conditions[name] = 'open';
    await this.#until(scheduler, 'websocket', 'live');
    gateway.publish();
    await this.pass(scheduler, 0);
    this.check();
    expect(client.position).toEqual(gateway.position);
    expect(asked.map(({ outcomes }) => outcomes)).toEqual(asked.map(() => 1));
    const wanted: ViewChange = Object.assign(
      {},
      ...asked.filter(({ isGranted }) => isGranted).map(({ change }) => change),
    );
    expect(viewText(client.wanted)).toBe(viewText(wanted));
    expect(viewText(gateway.open('websocket')[0]?.view ?? {})).toBe(viewText(wanted));
    expect(viewText(client.granted ?? {})).toBe(viewText(wanted));
  }

  /** Lets time pass until the client has nothing left to do, and expects it to have come to this. */
  async #until(scheduler: fc.Scheduler, transport: TransportName, state: string): Promise<void> {
    for (let step = 0; step < 40; step += 1) {
      this.gateway.publish();
      await this.pass(scheduler, 2000);
    }
    this.check();
    expect(this.gateway.client.status).toMatchObject({ state, transport });
  }

  close(): void {
    this.isClosed = true;
    this.gateway.client.close();
    this.lateCalls = 0;
  }

  async pass(scheduler: fc.Scheduler, ms: number): Promise<void> {
    await this.gateway.advance(ms);
    while (scheduler.count() > 0) {
      await scheduler.waitOne();
      await this.gateway.advance(0);
    }
  }
}

class Step implements fc.AsyncCommand<object, Scene> {
  readonly #name: string;
  readonly #run: (scene: Scene) => void | Promise<void>;

  constructor(name: string, run: (scene: Scene) => void | Promise<void>) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, scene: Scene): Promise<void> {
    await this.#run(scene);
    await scene.gateway.advance(0);
    scene.check();
  }

  toString(): string {
    return this.#name;
  }
}

const change: fc.Arbitrary<ViewChange> = fc.oneof(
  fc.record({ interval: fc.constantFrom(0, 50, 250) }),
  fc.record({ symbol: fc.constantFrom('QQQ', 'SPY', null) }),
  fc.record({ sections: fc.constantFrom(['market'], ['logs'], badSections, null) }),
);
const set = change.map((next) => new Step(`set ${JSON.stringify(next)}`, (scene) => scene.ask(next)));
const steps = [
  fc
    .tuple(
      fc.constantFrom<TransportName>(...transports),
      fc.constantFrom<Condition>('open', 'refused', 'mute'),
    )
    .map(
      ([name, condition]) =>
        new Step(`${name} is ${condition}`, ({ gateway }) => {
          gateway.conditions[name] = condition;
        }),
    ),
  fc
    .constantFrom(0, 400, 1000, 12_000, 31_000)
    .map((ms) => new Step(`wait ${ms}`, ({ gateway }) => gateway.advance(ms))),
  fc.constantFrom(...transports, 'websocket' as const).map(
    (name) =>
      new Step(`cut ${name}`, ({ gateway }) => {
        for (const peer of gateway.open(name)) peer.end(false);
      }),
  ),
  set,
  set,
  set,
  // A short-lived token is renewed then.
  fc.constant(new Step('wait 4000', ({ gateway }) => gateway.advance(4000))),
  fc.boolean().map(
    (answers) =>
      new Step(`answers: ${answers}`, ({ gateway }) => {
        gateway.answers = answers;
      }),
  ),
  fc
    .constantFrom<Door>('open', 'closed', 'foreign')
    .map((door) => new Step(`door: ${door}`, ({ gateway }) => gateway.setDoor(door))),
  fc
    .constantFrom<TokenKind>('provider', 'text', 'nonsense')
    .map((kind) => new Step(`token: ${kind}`, ({ gateway }) => gateway.setToken(kind))),
  fc.constant(new Step('connect', ({ gateway }) => gateway.client.connect())),
  fc.constant(new Step('publish', ({ gateway }) => gateway.publish())),
  fc.constant(new Step('restart', ({ gateway }) => gateway.restart())),
  fc.constant(new Step('revoke', ({ gateway }) => gateway.revoke())),
];

it('A client has one connection, the view that was granted and no use of a refused token, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.commands(steps, { maxCommands: 25 }),
      fc.record({
        isShortLived: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        speaks: fc.boolean(),
        connect: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      }),
      fc.constantFrom('websocket' as const, ...transports, null),
      async (scheduler, commands, options, best) => {
        const scene = new Scene(await startModelGateway(scheduler, options));
        await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: scene }), commands);
        if (best !== null) await scene.heal(scheduler, best);
        scene.close();
        const { opened } = scene.gateway;
        await scene.pass(scheduler, 0);
        await scene.pass(scheduler, 200_000);
        scene.check();
        expect(scene.gateway.opened).toBe(opened);
        expect(scene.asked.every(({ outcomes }) => outcomes === 1)).toBe(true);
      },
    ),
    { numRuns: 120 },
  );
}, 60_000);
