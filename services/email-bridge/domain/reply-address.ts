/**
 * Each e-mail has a token. It is the plus tag (RFC 5233 "subaddress") of the reply address, so that all replies arrive
 * in one mailbox, and a part of the Message-IDs. Whoever holds the token is let in by it, so it has 130 random bits; it
 * consists of letters and digits of one case, because servers change the case of local parts.
 */
const TOKEN = /^[a-z2-7]{26}$/;

/** `reply@example.com` and a token give `reply+<token>@example.com`. */
export function replyAddress(mailAddress: string, token: string): string {
  const at = mailAddress.lastIndexOf('@');
  return `${mailAddress.slice(0, at)}+${token}${mailAddress.slice(at)}`;
}

/** The token of a reply address of `mailAddress`; undefined for every other address, and for `mailAddress` itself. */
export function tokenOf(mailAddress: string, address: string): string | undefined {
  const [own, given] = [mailAddress.toLowerCase(), address.trim().toLowerCase()];
  const at = own.lastIndexOf('@');
  const prefix = `${own.slice(0, at)}+`;
  const domain = own.slice(at);
  if (!given.startsWith(prefix) || !given.endsWith(domain)) return undefined;
  const token = given.slice(prefix.length, -domain.length);
  return TOKEN.test(token) ? token : undefined;
}

/** The Message-ID of one of our messages; the token makes it impossible to guess. */
export const messageId = (id: string, token: string, domain: string): string => `<${id}.${token}@${domain}>`;
