import axe, { type Result } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { SCHEMES, WIDTHS } from './browser.ts';

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

interface Look {
  readonly width: keyof typeof WIDTHS;
  readonly scheme: (typeof SCHEMES)[number];
}

export const LOOKS: readonly Look[] = (Object.keys(WIDTHS) as Look['width'][]).flatMap((width) =>
  SCHEMES.map((scheme) => ({ width, scheme })),
);
/** Each width and each scheme once: for a state of a view whose other states are seen in all four. */
export const CROSSED: readonly Look[] = [
  { width: 'desktop', scheme: 'light' },
  { width: 'phone', scheme: 'dark' },
];

/** The same of a page as it stands, on each of these screens; it is left on the last. */
export async function expectAccessibleOn(looks: readonly Look[], page: Page, what: string): Promise<void> {
  for (const { width, scheme } of looks) {
    await page.setViewportSize(WIDTHS[width]);
    await page.emulateMedia({ colorScheme: scheme });
    await expectAccessible(page, `${what} on a ${width}, ${scheme}`);
  }
}
