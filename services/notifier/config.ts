import { url } from '@missions/runtime/config.ts';
import { serviceConfig } from '@missions/service-kit/config.ts';

export const notifierConfig = serviceConfig({
  /** Where users reach the page: links in mail begin with it. */
  publicUrl: url('PUBLIC_URL', { default: 'http://127.0.0.1:8003', protocols: ['http:', 'https:'] }),
});
export type NotifierConfig = ReturnType<typeof notifierConfig>;
