describe('a spec that is fine', () => {
  it('passes', () => undefined);
});
