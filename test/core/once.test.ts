import { expect, it } from 'vitest';
import { once } from '../../src/core/once.ts';

it('once does its task the first time only', () => {
  let times = 0;
  const act = once(() => {
    times += 1;
  });
  act();
  act();
  expect(times).toBe(1);
});
