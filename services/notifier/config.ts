import { boolean, string, url } from '@missions/runtime/config.ts';
import { serviceConfig } from '@missions/service-kit/config.ts';

export const notifierConfig = serviceConfig({
  /** Where users reach the page: links in mail begin with it. */
  publicUrl: url('PUBLIC_URL', { default: 'http://127.0.0.1:8003', protocols: ['http:', 'https:'] }),
  /** Whether a device may name a push service within a private network, or on this machine without TLS. */
  pushAllowPrivate: boolean('PUSH_ALLOW_PRIVATE', { default: false }),
  /** Whether an endpoint of a customer's may be within a private network, or on this machine without TLS. */
  webhookAllowPrivate: boolean('WEBHOOK_ALLOW_PRIVATE', { default: false }),
  /** Comma-separated ids of the customers whose users may decide from mail, without signing in. */
  actionLinksCustomers: string('ACTION_LINKS_CUSTOMERS', { optional: true }),
});
export type NotifierConfig = ReturnType<typeof notifierConfig>;
