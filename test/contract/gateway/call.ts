import { fillPath, type Operation } from '@missions/contracts/rest/operation.ts';
import { isForUsers, operations } from '@missions/contracts/rest/operations.ts';
import type { ApiResponse, Api, CallOptions } from '@missions/test-support/api.ts';

export { operations };
export const withBody = operations.filter((one) => one.body !== undefined);
/** Operations that address a resource by its id. */
export const ofOneResource = operations.filter((one) => one.path.includes('_id}'));

export interface Call extends CallOptions {
  params?: Record<string, string>;
  query?: Record<string, string>;
}

/** Names the user: in the query where it may stand there, else in a header. */
export const asUser = (operation: Operation, user: string, { query, headers, ...call }: Call): Call =>
  !takesUser(operation)
    ? { ...call, ...(query && { query }), headers: { ...headers, 'x-user-id': user } }
    : { ...call, ...(headers && { headers }), query: { ...query, user_id: user } };

const takesUser = ({ query }: Operation): boolean =>
  Object.hasOwn((query as { properties?: object } | undefined)?.properties ?? {}, 'user_id');

export function call(
  api: Api,
  operation: Operation,
  { params = {}, query = {}, headers = {}, ...options }: Call,
): Promise<ApiResponse> {
  const search = new URLSearchParams(query).toString();
  const named = isForUsers(operation) ? { 'x-user-id': 'ada', ...headers } : headers;
  return api.send(operation.method.toUpperCase(), `${fillPath(operation.path, params)}${search && `?${search}`}`, {
    ...options,
    headers: named,
  });
}
