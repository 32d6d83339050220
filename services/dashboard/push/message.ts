/** What the notifier has sent, as the browser shows it. */
export interface Message {
  readonly title: string;
  readonly body: string;
  /** Of this page. */
  readonly path: string;
  /** A later one with the same tag takes the place of an earlier one. */
  readonly tag: string;
  /** There is nothing to do any more: what was shown of it goes. */
  readonly decided: boolean;
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A browser wants something shown for every message, also for one that this version cannot read. */
export function messageIn(data: unknown): Message {
  const { title, body, path, tag, decided } = (typeof data === 'object' && data !== null ? data : {}) as Record<
    string,
    unknown
  >;
  return {
    title: textIn(title) || 'Something waits for you',
    body: textIn(body),
    path: ownPath(textIn(path)),
    tag: textIn(tag) || 'message',
    decided: decided === true,
  };
}

/** Whatever a message says, nothing but this page is opened. */
export function ownPath(path: string): string {
  const here = 'https://page.invalid';
  try {
    const { origin, pathname, search } = new URL(path, here);
    return origin === here ? `/${pathname.replace(/^\/+/, '')}${search}` : '/';
  } catch {
    return '/';
  }
}
