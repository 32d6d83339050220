import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import type { ServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';

/** What users do with the questions of a service under test, which is started later. */
export function usersOf(service: () => ServiceUnderTest<Context>) {
  const as = (user_id: string, more: object = {}) => ({ caller: { user_id, ...more } });
  return {
    as,
    answer: (it: { id: string }, user: string, given: object = { selected_option: 'approve' }, more: object = {}) =>
      service().request<InputRequest>('respond', { request_id: it.id, answer: given }, as(user, more)),
    read: (it: { id: string }, user = 'ada') => service().request<InputRequest>('get', { request_id: it.id }, as(user)),
    async listed(user: string, filter: object = {}): Promise<string[]> {
      const input = { limit: 200, ...filter };
      const page = await service().request<{ input_requests: InputRequest[] }>('list', input, as(user));
      return page.input_requests.map(({ id }) => id);
    },
  };
}
