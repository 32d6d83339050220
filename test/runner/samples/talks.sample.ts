import { setTimeout as pause } from 'node:timers/promises';

describe('a spec that prints slowly', () => {
  it('prints', async () => {
    console.log('one');
    await pause(150);
    console.error('another one');
  });
});
