/**
 * The address that a mail asks its recipients to answer to: the mailbox's own with a token as plus tag (RFC 5233 "subaddress"), which every mailbox
 * that can be read in one place knows. Who holds the token is known by it, so it has 128 bits; letters and digits of one case only, because
 * local parts come back in any.
 */
export const TOKEN = /^[a-z2-7]{26}$/;

/** `reply@example.com` and a token give `reply+<token>@example.com`. */
export function replyAddress(mailAddress: string, token: string): string {
  const at = mailAddress.lastIndexOf('@');
  return `${mailAddress.slice(0, at)}+${token}${mailAddress.slice(at)}`;
}

/** The token of a reply address of `mailAddress`; undefined for any other address, its own included. */
export function tokenOf(mailAddress: string, address: string): string | undefined {
  const [own, given] = [mailAddress.toLowerCase(), address.trim().toLowerCase()];
  const at = own.lastIndexOf('@');
  const prefix = `${own.slice(0, at)}+`;
  const domain = own.slice(at);
  if (!given.startsWith(prefix) || !given.endsWith(domain)) return undefined;
  const token = given.slice(prefix.length, -domain.length);
  return TOKEN.test(token) ? token : undefined;
}
