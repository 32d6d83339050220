import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { Context } from 'koa';
import type { Caller } from '@missions/contracts/request.ts';

export type Origin = NonNullable<Caller['origin']>;

/** Names an MCP call of this process in the REST calls of its tools. */
export const VIA = 'X-Missions-Via';

/**
 * From where a call came, for the record of deeds. The tools of an MCP call reach this gateway's REST API over loopback;
 * they name the MCP call by a random token of this process, so that its caller's address is recorded and not our own.
 * Nobody else knows a token, and one that is not known here is ignored.
 */
export class Origins {
  readonly #calls = new Map<string, string>();

  /** Registers an MCP call until its response is closed. @returns the value of `X-Missions-Via` for its tools. */
  mcpCall(ctx: Context): string {
    const token = randomUUID();
    this.#calls.set(token, addressOf(ctx));
    ctx.res.once('close', () => this.#calls.delete(token));
    return token;
  }

  of(ctx: Context): Origin {
    const address = this.#calls.get(ctx.get(VIA));
    return address === undefined ? { address: addressOf(ctx), channel: 'rest' } : { address, channel: 'mcp' };
  }
}

/** Behind trusted proxies the address is text that they send, so anything else than an address is left out. */
function addressOf({ ip }: Context): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(ip) ?? [];
  const address = mapped ?? ip;
  return isIP(address) && address.length <= 64 ? address : '';
}
