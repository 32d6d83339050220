/** How users sign in here; the gateway writes it into the page. */
export const signsInByProvider = (): boolean =>
  document.querySelector('meta[name="sign-in-by"]')?.getAttribute('content') === 'provider';

/** Where the provider's sign-in begins, and leads back to where the user is now. */
export const signInHref = (): string =>
  `/auth/oidc?${new URLSearchParams({ return_to: returnTo(location) }).toString()}`;

/** Where to go after signing in: a path of ours, as the address asks for it. */
export function returnTo({ pathname, search, origin }: Pick<Location, 'pathname' | 'search' | 'origin'>): string {
  if (pathname !== '/sign-in') return `${pathname}${search}`;
  const wanted = new URLSearchParams(search).get('return_to') ?? '/';
  const isPath = /^\/(?![/\\])/.test(wanted) && URL.parse(wanted, origin)?.origin === origin;
  return isPath && !wanted.startsWith('/sign-in') ? wanted : '/';
}
