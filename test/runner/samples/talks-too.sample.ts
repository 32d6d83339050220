import { setTimeout as pause } from 'node:timers/promises';

describe('a spec that prints slowly, too', () => {
  it('prints', async () => {
    console.log('two');
    await pause(150);
    console.error('another two');
  });
});
