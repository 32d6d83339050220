/** Whether every part of a path can be decoded: anybody may write `%` or `%ff` into one. */
export function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The address without what the router takes for the name of a host: two slashes at its beginning. */
export const asPath = (address: string): string => address.replace(/^[/\\]{2,}/, '/');
