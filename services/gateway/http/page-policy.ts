/**
 * The content policy of a page of this gateway: no script, style or picture but the gateway's own, and calls to this
 * gateway alone. Replaces helmet's policy for that page.
 */
export const pagePolicy = (...further: readonly string[]): string => [...OWN_FILES_ONLY, ...further].join('; ');

const OWN_FILES_ONLY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
