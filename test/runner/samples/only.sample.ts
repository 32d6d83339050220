describe('a spec somebody was in the middle of', () => {
  it.only('runs alone', () => undefined);
  it('is left out', () => undefined);
});
