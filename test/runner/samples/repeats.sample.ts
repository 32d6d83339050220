describe('a spec that repeats', () => {
  it('does one thing 200 times', () => undefined);
  it('does another three times', () => undefined);
});
