describe('a spec of each outcome', () => {
  it('passes', () => undefined);
  it('fails', () => {
    throw new Error('on purpose\n\nwith the end of a log');
  });
  it.skip('is skipped', () => undefined);
});
