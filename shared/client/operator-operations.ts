import type * as contracts from '@missions/contracts/rest/operate.ts';
import type { Method } from '@missions/contracts/rest/operation.ts';
import type { CallableOperation } from './request.ts';

const OPERATE = '/api/operate';
const LETTERS = `${OPERATE}/dead-letters`;
const SWITCHES = `${OPERATE}/kill-switches`;

const at = (method: Method, path: string): CallableOperation => ({ method, path });
const write = (path: string): CallableOperation => ({ ...at('post', path), repeatable: true });

/** Where the operations for operators are, without their schemas: see `userOperations`. */
export const operatorOperations = {
  getOperateStatus: at('get', `${OPERATE}/status`),
  listOutboxes: at('get', `${OPERATE}/outboxes`),
  listTimers: at('get', `${OPERATE}/timers`),
  listAllRuns: at('get', `${OPERATE}/runs`),
  listUsage: at('get', `${OPERATE}/usage`),
  listAgentKeys: at('get', `${OPERATE}/keys`),
  listKillSwitches: at('get', SWITCHES),
  setKillSwitch: write(SWITCHES),
  listDeadLetters: at('get', LETTERS),
  getDeadLetter: at('get', `${LETTERS}/{sequence}`),
  replayDeadLetter: write(`${LETTERS}/{sequence}/replay`),
  dropDeadLetter: write(`${LETTERS}/{sequence}/drop`),
} satisfies Record<string, CallableOperation>;

/** Each with the types of its contract. */
export type OperatorOperations = Pick<typeof contracts, keyof typeof operatorOperations>;
