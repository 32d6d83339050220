import { createServer } from 'node:net';

describe('a spec that leaves a server listening', () => {
  it('passes', async () => {
    await new Promise<void>((resolve) => createServer().listen(0, '127.0.0.1', resolve));
  });
});
