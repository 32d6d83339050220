import { Api } from '@missions/test-support/api.ts';
import type { SharedProduct } from '@missions/test-support/shared-product.ts';
import { type Visit, type VisitOptions, visits } from './browser.ts';
import { Planted } from './planted.ts';

interface Ada {
  /** The trusted backend of Ada's customer. */
  readonly api: Api;
  /** Agents that work for Ada. */
  readonly planted: Planted;
  readonly product: SharedProduct;
  /** Ada at a browser of her own. */
  visit(options?: VisitOptions): Promise<Visit>;
}

/** Called inside a `describe`. In each test Ada is somebody new, of a customer of her own. */
export function ada(): Ada {
  const browser = visits();
  let api: Api;
  let planted: Planted;
  beforeEach(() => {
    api = new Api(browser.product());
    planted = new Planted(api, 'ada', browser.product().smtpPort);
  });
  return {
    get api() {
      return api;
    },
    get planted() {
      return planted;
    },
    get product() {
      return browser.product();
    },
    visit: (options = {}) => browser.open({ as: { customer: api.customer, user: 'ada' }, ...options }),
  };
}
