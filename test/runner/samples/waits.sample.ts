describe('a spec that never ends', () => {
  it('waits', () => new Promise<void>(() => void setInterval(() => undefined, 1_000)));
});
