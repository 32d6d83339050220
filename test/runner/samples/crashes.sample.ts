describe('a spec that ends the process', () => {
  it('exits', () => {
    process.exit(0);
  });
});
