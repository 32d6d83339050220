describe('a spec of each outcome', () => {
  it('passes', () => undefined);
  it('fails', () => {
    throw new Error('on purpose');
  });
  it.skip('is skipped', () => undefined);
});
