import { expect } from 'chai';
import { expectAccessible, expectNoSideways } from './accessibility.ts';
import { type Visit, visits } from './browser.ts';

/** The watch sees what it is there for: these pages do wrong on purpose. */
describe('the watch over a browser’s pages', () => {
  const browser = visits();
  let visit: Visit;

  beforeEach(async () => {
    visit = await browser.open();
    await visit.page.goto('/sign-in');
  });

  const reported = async (script: string, expected: RegExp): Promise<void> => {
    await visit.page.evaluate(script).catch(() => undefined);
    await visit.page.evaluate('new Promise(requestAnimationFrame)');
    expect(visit.watch.faults().join('\n')).to.match(expected);
    visit.watch.allow(/./s);
  };
  const append = (element: string, then: string) =>
    `{ const made = document.createElement('${element}'); ${then}; document.body.append(made); }`;

  it('reports a style that the policy forbids', () =>
    reported(append('style', "made.textContent = 'p { color: red }'"), /^policy: style-src/m));
  it('reports a call to another origin', () => reported("fetch('http://evil.example/')", /^policy: connect-src/m));
  it('reports markup that a script makes from text', () =>
    reported("setTimeout(() => { document.body.innerHTML = '<b>x</b>' })", /^policy: require-trusted-types-for/m));
  it('reports a picture of another origin', () =>
    reported(append('img', "made.src = 'http://evil.example/x.png'"), /^policy: (img|default)-src/m));
  it('reports an error that no script catches', () =>
    reported("setTimeout(() => { throw new Error('lost') })", /^script: Error: lost/m));
  it('reports an error on the console', () => reported("console.error('look here')", /^console: look here/m));
  it('reports a call that fails, unless the test expects it', async () => {
    visit.watch.allow(/status of 404/);
    await visit.page.evaluate("fetch('/nothing')");
    await reported("fetch('/api/v1/me')", /^console: .*status of 401/m);
  });
  it('reports what a screen reader cannot read, and what is wider than the window', async () => {
    await visit.page.evaluate(append('button', 'made.style.width = "2000px"'));
    for (const [expectation, expected] of [
      [expectAccessible, /button-name/],
      [expectNoSideways, /wider than the window/],
    ] as const) {
      const failure = await expectation(visit.page, 'this page').then(
        () => undefined,
        (error: Error & { actual: unknown }) => `${error.message} ${JSON.stringify(error.actual)}`,
      );
      expect(failure).to.match(expected);
    }
  });
});
