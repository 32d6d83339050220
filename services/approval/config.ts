import { url } from '@missions/runtime/config.ts';
import { answerKey, serviceConfig } from '@missions/service-kit/config.ts';

export const approvalConfig = serviceConfig({
  answerKey,
  /** The product's own address, which receipts name as their issuer. */
  publicUrl: url('PUBLIC_URL', { default: 'http://127.0.0.1:8003', protocols: ['http:', 'https:'] }),
});
