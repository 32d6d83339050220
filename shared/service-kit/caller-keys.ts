import { requesters, type Requester } from '@missions/contracts/requesters.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';
import type { BelievedSender, CallerKeys } from '@missions/messaging/caller-proof.ts';
import type { ServiceConfig } from './config.ts';

export type KeyConfig = Pick<ServiceConfig, 'callerKey' | 'schedulerCallerKey'> & {
  readonly answerKey?: readonly string[];
};

/**
 * Which keys a service signs its requests with, and whose requests it believes: all of the gateway's, and of another
 * service those that the contracts' table gives it.
 */
export function callerKeysOf(
  service: ServiceName,
  { callerKey, schedulerCallerKey, answerKey }: KeyConfig,
): CallerKeys {
  const own: Record<Requester, Pick<BelievedSender, 'keys' | 'variable'>> = {
    scheduler: { keys: schedulerCallerKey, variable: 'SCHEDULER_CALLER_KEY' },
    mission: { keys: answerKey ?? [], variable: 'ANSWER_KEY' },
  };
  const believes: BelievedSender[] = [{ name: 'gateway', keys: callerKey, variable: 'CALLER_KEY' }];
  const signs: NonNullable<CallerKeys['signs']> = {};
  for (const name of Object.keys(requesters) as Requester[]) {
    const received = requesters[name].filter((contract) => contract.service === service);
    if (received.length > 0)
      believes.push({ name, ...own[name], subjects: new Set(received.map(({ subject }) => subject)) });
    if (name !== service) continue;
    for (const { service: addressee } of requesters[name]) signs[addressee] = { as: name, keys: own[name].keys };
  }
  return { signs, believes };
}
