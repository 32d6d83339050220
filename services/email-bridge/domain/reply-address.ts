/**
 * Each recipient's copy has a reply address of its own, whose token says who answers; the e-mail has one as well, which
 * the API shows, and which says only which e-mail is answered. A token is the plus tag (RFC 5233 "subaddress") of the
 * address, so that all replies arrive in one mailbox. Whoever holds a token is let in by it, so it has 130 random bits;
 * it consists of letters and digits of one case, because servers change the case of local parts.
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

/**
 * The Message-ID of one of our messages, which all its copies share. Nobody can guess it, and no token stands in it: it
 * travels on in the headers of replies and forwarded mail.
 */
export const messageId = (id: string, nonce: string, domain: string): string => `<${id}.${nonce}@${domain}>`;
