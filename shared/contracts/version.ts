/** The version of the product, of its API and of the packages for others: they are released together. */
export const VERSION = '0.1.0';
/** Every response of the gateway says which version answers. */
export const versionHeader = 'x-missions-version';

/** Whether two versions work together by semver: the same major version, before 1.0 also the same minor one. */
export function fitTogether(one: string, other: string): boolean {
  const [major, minor] = one.split('.');
  const [itsMajor, itsMinor] = other.split('.');
  return major === itsMajor && (major !== '0' || minor === itsMinor);
}
