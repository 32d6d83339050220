import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { Principal } from './credentials.ts';
import { headerText } from './headers.ts';

export interface Named {
  user_id?: string | undefined;
  agent_id?: string | undefined;
}

/**
 * Who calls: the credential decides what may be named, the request names it. The trusted backend names the customer (`X-Customer-ID`), the
 * user (`user_id`, or `X-User-ID`) and the agent (`agent_id`, or `X-Agent-Instance-ID`).
 */
export function callerOf(principal: Principal, headers: IncomingHttpHeaders, named: Named, defaultCustomerId: string): Caller {
  const userHeader = headerText(headers, 'X-User-ID');
  if (named.user_id !== undefined && userHeader !== undefined && named.user_id !== userHeader) {
    throw invalid([{ path: 'user_id', message: 'names another user than the header X-User-ID' }]);
  }
  return {
    kind: principal.kind,
    credential: principal.credential,
    customer_id: headerText(headers, 'X-Customer-ID') ?? defaultCustomerId,
    user_id: named.user_id ?? userHeader ?? null,
    agent_id: named.agent_id ?? headerText(headers, 'X-Agent-Instance-ID') ?? null,
  };
}
