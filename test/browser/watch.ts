import type { BrowserContext, Page } from 'playwright-core';

/** In the page: a policy's violation is reported at its document, whatever the page's scripts do. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  reportViolation(event.violatedDirective + ' forbids ' + (event.blockedURI || event.sample)));`;

/**
 * What a page does wrong without showing it: a violated security policy, an error of a script, an error on the console,
 * a request to another origin.
 */
export class Watch {
  readonly #seen: string[] = [];
  readonly #allowed: RegExp[] = [];
  readonly #calls: string[] = [];
  readonly #origin: string;

  private constructor(origin: string) {
    this.#origin = origin;
  }

  static async over(context: BrowserContext, origin: string): Promise<Watch> {
    const watch = new Watch(origin);
    await context.exposeBinding('reportViolation', (_, what: string) => watch.#report(`policy: ${what}`));
    await context.addInitScript(REPORT_VIOLATIONS);
    context.on('page', (page) => watch.#follow(page));
    return watch;
  }

  /** Lets pass reports that match. A browser logs every call that fails as an error on the console. */
  allow(...patterns: readonly RegExp[]): void {
    this.#allowed.push(...patterns);
  }

  faults(): string[] {
    return this.#seen.filter((fault) => !this.#allowed.some((pattern) => pattern.test(fault)));
  }

  /** Every request since the start, as `GET /api/v1/inbox`. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  #report(fault: string): void {
    this.#seen.push(fault);
  }

  #follow(page: Page): void {
    page.on('pageerror', (error) => this.#report(`script: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#report(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('request', (request) => {
      const { origin, pathname, search, protocol } = new URL(request.url());
      this.#calls.push(`${request.method()} ${pathname}${search}`);
      if (origin !== this.#origin && protocol !== 'data:') this.#report(`request: to another origin, ${request.url()}`);
    });
    page.on('dialog', (dialog) => {
      // Only a script of somebody else opens one: the product has its own.
      if (dialog.type() !== 'beforeunload') this.#report(`dialog: ${dialog.message()}`);
      void dialog.accept();
    });
  }
}
