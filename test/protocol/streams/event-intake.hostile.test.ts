import { describe, expect, it } from 'vitest';
import { setUpStreams } from './set-up.ts';

const zeros = (count: number): string => Array.from({ length: count }, () => 0).join(',');
const message = (payload: string): string =>
  `{"message_id":"m","event":"sent","from":"a","to":"b","message_type":"t","timestamp":null,"payload":${payload}}`;

describe('A flood by message events', () => {
  it('is refused from 5,001 members and items on, those of the private part included', (test) => {
    const { connectMessages, messageEvent, meter } = setUpStreams(test);
    const client = connectMessages();
    messageEvent(message(`[${zeros(4993)}]`));
    messageEvent(message(`[${zeros(4994)}]`));
    expect(client?.frames()).toHaveLength(2);
    expect(meter.value('bff_rejected_total', { edge: 'message_event', reason: 'too_many' })).toBe(1);
  });

  it('is not read any more where it is long, and keeps no short one out', (test) => {
    const { connectMessages, messageEvent, meter } = setUpStreams(test);
    const client = connectMessages();
    for (let event = 0; event < 20; event += 1) messageEvent(`{"a":"${'x'.repeat(1_000_000)}"}`);
    const refused = (reason: string) => meter.value('bff_rejected_total', { edge: 'message_event', reason });
    expect(refused('shape')).toBeLessThan(5);
    expect(refused('shape') + refused('flood')).toBe(20);
    messageEvent(message('{}'));
    expect(client?.frames()).toHaveLength(2);
  });
});

describe('A flood by instance events', () => {
  it('is refused from 5,001 members and items on', async (test) => {
    const { connectInstances, instanceEvent, meter } = setUpStreams(test);
    connectInstances();
    instanceEvent(`{"type":"status_changed","name":"a","status":"running","more":[${zeros(4997)}]}`);
    expect(meter.value('bff_rejected_total', { edge: 'instance_event', reason: 'too_many' })).toBe(1);
  });
});
