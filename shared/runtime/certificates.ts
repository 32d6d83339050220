import { X509Certificate } from 'node:crypto';
import { gauge } from './metrics.ts';

const ends = gauge('missions_certificate_ends_timestamp_seconds', 'When a certificate ends that this process shows', [
  'use',
]);

/** Shows when the first certificate of a PEM ends; one that cannot be read is left to those who use it. */
export function noteCertificate(use: string, pem: string): void {
  try {
    ends.set({ use }, Date.parse(new X509Certificate(pem).validTo) / 1000);
  } catch {
    ends.set({ use }, 0);
  }
}
