describe('a spec with a forgotten .only', () => {
  it.only('runs alone', () => undefined);
  it('is left out', () => undefined);
});
