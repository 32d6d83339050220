/** As much of a browser as a sign-in needs: cookies by host and redirects, one step at a time. */
export class PlainBrowser {
  readonly #jars = new Map<string, Map<string, string>>();
  /** Every response on the way. */
  readonly way: { readonly url: string; readonly status: number; readonly setCookies: readonly string[] }[] = [];

  cookies(url: string): string {
    return [...(this.#jars.get(new URL(url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  set(url: string, name: string, value: string): void {
    const jar = this.#jars.get(new URL(url).host) ?? new Map<string, string>();
    this.#jars.set(new URL(url).host, jar);
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }

  async step(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = { accept: 'text/html', ...(init.headers as Record<string, string>), cookie: this.cookies(url) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.set(url, name, value);
    }
    this.way.push({ url, status: response.status, setCookies });
    return response;
  }

  /** Follows redirects until there is none, or the next address is `until`. @returns where it then is. */
  async follow(
    from: string,
    until: (url: string) => boolean = () => false,
  ): Promise<{ url: string; response?: Response }> {
    for (let url = from, steps = 0; steps < 20; steps += 1) {
      if (until(url)) return { url };
      const response = await this.step(url);
      const location = response.headers.get('location');
      if (location === null) return { url, response };
      await response.body?.cancel();
      url = new URL(location, url).href;
    }
    throw new Error(`no end of redirects: ${this.way.map(({ url }) => url).join(' ')}`);
  }
}
