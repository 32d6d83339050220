import axe, { type Result } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';

/**
 * Expects that axe finds nothing, and that nothing is wider than the window. axe is evaluated and not loaded: a script
 * element would need a hole in the page's policy, which would then not be the one under test.
 */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(axe.source);
  const violations = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )) as Result[];
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${help}: ${target.join(' ')}\n${failureSummary}`),
  );
  expect(found, `axe: ${what}`).to.deep.equal([]);
  await expectNoSideways(page, what);
}

/** Expects that a reader never scrolls to the side. */
export async function expectNoSideways(page: Page, what: string): Promise<void> {
  const [content, window] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number];
  expect(content, `${what} is wider than the window`).to.be.at.most(window);
}
