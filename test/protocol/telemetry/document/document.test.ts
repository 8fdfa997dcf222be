import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../support/wait.ts';
import { state } from './aggregate-set-up.ts';
import { setUpDocuments } from './documents-set-up.ts';

/** What comes with time alone waits so long for more of it. */
const gatherMs = 25;

describe('EngineDocument', () => {
  it('has one version that says what is not known before anything was asked', (test) => {
    const { shown } = setUpDocuments(test);
    const down = { status: 'down', since: '2026-01-01T00:00:00.000Z' };
    expect(shown()).toMatchObject({
      status: 'INITIALIZING',
      sources: { state: down, agents: down, models: down },
    });
  });

  it('polls all three at once at the start, and commits as one what comes together', async (test) => {
    const subject = setUpDocuments(test);
    const before = subject.feed.current.seq;
    subject.feeds.start();
    await subject.answer('agents', { A: {} });
    await subject.answer('models', { M: {} });
    await subject.answer('state', state);
    const { seq, document } = await subject.version(before + 1);
    expect(seq).toBe(before + 1);
    expect(document).toMatchObject({
      ...state,
      agents: { A: {} },
      models: { M: {} },
      sources: { state: { status: 'fresh' }, agents: { status: 'fresh' }, models: { status: 'fresh' } },
    });
    expect(subject.log.entries.filter(({ message }) => message === 'engine connected')).toHaveLength(1);
  });

  it('waits 25 ms for the others and no longer, then shows each as it comes', async (test) => {
    const subject = setUpDocuments(test);
    const before = subject.feed.current.seq;
    subject.feeds.start();
    await subject.answer('state', state);
    await waitFor('the answer', () => subject.feed.pending.status === 'ACTIVE');
    subject.clock.advance(24);
    expect(subject.feed.current.seq).toBe(before);
    subject.clock.advance(1);
    expect(subject.shown()).toMatchObject({ status: 'ACTIVE', sources: { agents: { status: 'down' } } });
    await subject.answer('agents', { A: {} });
    const { document } = await subject.version(before + 2);
    expect(document).toMatchObject({
      agents: { A: {} },
      models: {},
      sources: { agents: { status: 'fresh' } },
    });
  });

  it('fans out an event at once while a poll hangs, and the late answer does not undo it', async (test) => {
    const subject = setUpDocuments(test);
    subject.feeds.start();
    subject.clock.advance(100);
    subject.event({ market: { symbol: 'SPY', price: 500 } });
    expect(subject.shown()).toMatchObject({ market: { price: 500 } });
    const { timestamp: _, ...undated } = state;
    await subject.answer('state', undated);
    await waitFor('the answer', () => subject.feed.pending.status === 'ACTIVE');
    expect(subject.feed.pending).toMatchObject({ market: { price: 500, regime: 'Lévy Stable' } });
  });

  it('shows why a source is down, and keeps the last values of one that fails', async (test) => {
    const subject = setUpDocuments(test, { POLL_CRON: '* * * * * *' });
    const before = subject.feed.current.seq;
    subject.feeds.start();
    for (const name of ['state', 'agents', 'models'] as const) await subject.fail(name);
    await waitFor('the reason', () => subject.feed.current.seq > before);
    subject.clock.advance(25);
    expect(subject.shown()).toMatchObject({ sources: { state: { status: 'down', error: 'HTTP 500' } } });
    subject.clock.advance(975);
    await subject.answer('state', state);
    await waitFor('the answer', () => subject.feed.pending.status === 'ACTIVE');
    // Two periods of a second without another success, and what is told with it.
    subject.clock.advance(2025);
    expect(subject.shown()).toMatchObject({ ...state, sources: { state: { status: 'stale' } } });
    subject.clock.advance(30_000);
    expect(subject.shown()).toMatchObject({ ...state, sources: { state: { status: 'down' } } });
  });

  it('polls the state out of turn', async (test) => {
    const subject = setUpDocuments(test);
    subject.documents.poll();
    await subject.answer('state', state);
    await waitFor('the answer', () => subject.feed.pending.status === 'ACTIVE');
    expect(subject.isWaiting('agents')).toBe(false);
  });

  it('polls the state once more after one that was under way when it was asked to', async (test) => {
    const subject = setUpDocuments(test);
    subject.feeds.start();
    // The events that were lost may be newer than what this request was answered with.
    subject.documents.poll();
    await subject.answer('state', state);
    await waitFor('another poll', () => subject.isWaiting('state'));
  });

  it('shows sources that go stale together in one version, and so what redis has to say', async (test) => {
    const subject = setUpDocuments(test, { POLL_CRON: '* * * * * *' });
    const { clock, feed, board } = subject;
    const redis = board.open('redis', { freshMs: () => 60_000 });
    subject.feeds.start();
    for (const name of ['agents', 'models'] as const) await subject.answer(name, {});
    await subject.answer('state', state);
    await waitFor('the answers', () => feed.current.document.status === 'ACTIVE');
    const { seq } = feed.current;
    clock.advance(1999);
    expect(feed.current.seq).toBe(seq);
    clock.advance(1);
    redis.failed('lost');
    clock.advance(24);
    expect(feed.current.seq).toBe(seq);
    clock.advance(1);
    const stale = { status: 'stale' };
    expect(subject.shown()).toMatchObject({ sources: { state: stale, agents: stale, models: stale } });
    clock.advance(1000);
    expect(feed.current.seq).toBe(seq + 1);
  });

  it('shows another status past the rate of events, and keeps it for the others', (test) => {
    const subject = setUpDocuments(test, { MAX_RATE_HZ: 1 });
    for (let price = 1; price <= 10; price++) subject.event({ market: { price } });
    expect(subject.shown()).toMatchObject({ market: { price: 5 } });
    subject.event({ status: 'HALT' });
    expect(subject.shown()).toMatchObject({ status: 'HALT', market: { price: 10 } });
    subject.event({ status: 'HALT', market: { price: 11 } });
    expect(subject.shown()).toMatchObject({ market: { price: 10 } });
  });

  it('does not lose the last event beyond the rate', (test) => {
    const subject = setUpDocuments(test);
    for (let price = 1; price <= 50; price++) subject.event({ market: { price } });
    expect(subject.shown()).toMatchObject({ market: { price: 5 } });
    subject.clock.advance(50);
    expect(subject.shown()).toMatchObject({ market: { price: 50 } });
  });
});

describe('EngineDocument whose polls fail while events go on', () => {
  /** Polled each second; its state was answered once, and fails since. */
  async function failing(test: Parameters<typeof setUpDocuments>[0]) {
    const subject = setUpDocuments(test, { POLL_CRON: '* * * * * *' });
    subject.feeds.start();
    await subject.answer('agents', { A: {} });
    await subject.answer('models', {});
    await subject.answer('state', state);
    await waitFor('the answers', () => subject.documents.engine.spokenSince !== undefined);
    const sources = () => Object(subject.shown().sources);
    return { ...subject, sources };
  }

  it('tells which paths events keep current, by the source that owns them', async (test) => {
    const { clock, event, sources } = await failing(test);
    clock.advance(1500);
    event({ market: { price: 451, velocity: 1 }, agents: { A: { latency_ms: 5 } } });
    expect(sources().state).toMatchObject({ status: 'fresh' });
    clock.advance(500 + gatherMs);
    expect(sources()).toMatchObject({
      state: { status: 'stale', live: ['market.price', 'market.velocity'] },
      agents: { status: 'stale', live: ['agents.A.latency_ms'] },
    });
    expect(sources().models).not.toHaveProperty('live');
  });

  it('tells it no longer two periods after the last event', async (test) => {
    const { clock, event, sources } = await failing(test);
    clock.advance(2500);
    event({ market: { price: 451 } });
    clock.advance(1000);
    event({ market: { alpha: 2 } });
    clock.advance(1000);
    expect(sources().state.live).toEqual(['market.alpha', 'market.price']);
    clock.advance(1 + gatherMs);
    expect(sources().state.live).toEqual(['market.alpha']);
    clock.advance(1100);
    expect(sources().state).not.toHaveProperty('live');
  });

  it('tells a section by its name where all its documented fields are current', async (test) => {
    const { clock, event, sources } = await failing(test);
    clock.advance(2500);
    event({ governance: { approved_size: 0.1 }, signal: { side: 'SELL', confidence: 1 }, status: 'HALT' });
    expect(sources().state.live).toEqual(['governance', 'signal.confidence', 'signal.side', 'status']);
  });
});

describe('EngineDocument of an engine that is wedged', () => {
  it('says that the state is stale, while its answers still count as answers', async (test) => {
    const subject = setUpDocuments(test, { POLL_CRON: '* * * * * *', STATE_MAX_AGE_MS: 3000 });
    const { engine } = subject.documents;
    const answerAfter = async (ms: number): Promise<void> => {
      subject.clock.advance(ms);
      subject.documents.poll();
      await subject.answer('state', state);
      await waitFor('the next poll', () => !subject.isWaiting('state'));
    };
    await answerAfter(0);
    await waitFor('the answer', () => engine.spokenSince !== undefined);
    for (let second = 0; second < 4; second += 1) await answerAfter(1000);
    await waitFor('the verdict', () => Object(subject.shown().sources).state.status === 'stale');
    expect(Object(subject.shown().sources).state.error).toBe(
      'the engine answers, but its timestamp stands still since 2026-01-01T00:00:00.000Z',
    );
    expect(engine.isAnswering).toBe(true);
  });
});

describe('EngineDocument that the engine has said nothing of', () => {
  it('is told by its first answer, and by an event that tells the status', async (test) => {
    const polled = setUpDocuments(test);
    polled.event({ market: { price: 1 } });
    expect(polled.documents.engine.spokenSince).toBeUndefined();
    polled.feeds.start();
    await polled.answer('agents', {});
    await polled.answer('models', {});
    await polled.answer('state', state);
    await waitFor('the answer', () => polled.documents.engine.spokenSince !== undefined);
    expect(polled.documents.engine.spokenSince).toBe(polled.feed.current.seq);
    const told = setUpDocuments(test);
    told.event({ status: 'HALT' });
    expect(told.documents.engine.spokenSince).toBe(told.feed.current.seq);
  });
});
