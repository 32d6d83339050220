import type { BodyOf, QueryOf, ResponseOf } from '@missions/contracts/rest/operation.ts';
import { ApiClient } from './api-client.ts';
import { operatorOperations, type OperatorOperations as Operations } from './operator-operations.ts';
import type { CallOptions, GetOptions } from './options.ts';

const operations = operatorOperations as unknown as Operations;
/** The response body of an operation for operators, e.g. `OperatorResponseTo<'getOperateStatus'>`. */
export type OperatorResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/**
 * The gateway's API for operators (`/api/operate`), called with an operator's own token, or on the product's own page
 * with the session of the browser. Otherwise like UserClient.
 */
export class OperatorClient extends ApiClient {
  getOperateStatus(options?: GetOptions): Promise<OperatorResponseTo<'getOperateStatus'>> {
    return this.call(operations.getOperateStatus, {}, options);
  }

  listOutboxes(options?: GetOptions): Promise<OperatorResponseTo<'listOutboxes'>> {
    return this.call(operations.listOutboxes, {}, options);
  }

  listTimers(
    query: QueryOf<Operations['listTimers']> = {},
    options?: GetOptions,
  ): Promise<OperatorResponseTo<'listTimers'>> {
    return this.call(operations.listTimers, { query }, options);
  }

  listAllRuns(
    query: QueryOf<Operations['listAllRuns']> = {},
    options?: GetOptions,
  ): Promise<OperatorResponseTo<'listAllRuns'>> {
    return this.call(operations.listAllRuns, { query }, options);
  }

  listUsage(
    query: QueryOf<Operations['listUsage']> = {},
    options?: GetOptions,
  ): Promise<OperatorResponseTo<'listUsage'>> {
    return this.call(operations.listUsage, { query }, options);
  }

  listAgentKeys(
    query: QueryOf<Operations['listAgentKeys']> = {},
    options?: GetOptions,
  ): Promise<OperatorResponseTo<'listAgentKeys'>> {
    return this.call(operations.listAgentKeys, { query }, options);
  }

  listKillSwitches(options?: GetOptions): Promise<OperatorResponseTo<'listKillSwitches'>> {
    return this.call(operations.listKillSwitches, {}, options);
  }

  setKillSwitch(
    change: BodyOf<Operations['setKillSwitch']>,
    options?: CallOptions,
  ): Promise<OperatorResponseTo<'setKillSwitch'>> {
    return this.call(operations.setKillSwitch, { body: change, aboutOthers: true }, options);
  }

  listDeadLetters(
    query: QueryOf<Operations['listDeadLetters']> = {},
    options?: GetOptions,
  ): Promise<OperatorResponseTo<'listDeadLetters'>> {
    return this.call(operations.listDeadLetters, { query }, options);
  }

  getDeadLetter(sequence: number, options?: GetOptions): Promise<OperatorResponseTo<'getDeadLetter'>> {
    return this.call(operations.getDeadLetter, { params: { sequence: String(sequence) } }, options);
  }

  replayDeadLetter(sequence: number, options?: CallOptions): Promise<OperatorResponseTo<'replayDeadLetter'>> {
    return this.call(operations.replayDeadLetter, { params: { sequence: String(sequence) }, body: {} }, options);
  }

  dropDeadLetter(sequence: number, options?: CallOptions): Promise<OperatorResponseTo<'dropDeadLetter'>> {
    return this.call(operations.dropDeadLetter, { params: { sequence: String(sequence) }, body: {} }, options);
  }
}
