import { boolean, url } from '@missions/runtime/config.ts';
import { serviceConfig } from '@missions/service-kit/config.ts';

export const notifierConfig = serviceConfig({
  /** Where users reach the page: links in mail begin with it. */
  publicUrl: url('PUBLIC_URL', { default: 'http://127.0.0.1:8003', protocols: ['http:', 'https:'] }),
  /** Whether a device may name a push service within a private network, or on this machine without TLS. */
  pushAllowPrivate: boolean('PUSH_ALLOW_PRIVATE', { default: false }),
});
export type NotifierConfig = ReturnType<typeof notifierConfig>;
