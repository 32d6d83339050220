import type { RequestContract } from '@missions/contracts/request.ts';
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
  const among = { keys: schedulerCallerKey, variable: 'SCHEDULER_CALLER_KEY' };
  const answers = { keys: answerKey ?? [], variable: 'ANSWER_KEY' };
  // A sender is told by its name from the others that have the same key, and its name bounds what it may ask.
  const sharedBy = (sender: Requester, addressee: ServiceName): Pick<BelievedSender, 'keys' | 'variable'> =>
    sender === 'mission' && addressee === 'approval' ? answers : among;
  const believes: BelievedSender[] = [{ name: 'gateway', keys: callerKey, variable: 'CALLER_KEY' }];
  const signs: NonNullable<CallerKeys['signs']> = {};
  for (const name of Object.keys(requesters) as Requester[]) {
    const requests: readonly RequestContract[] = requesters[name];
    const received = requests.filter((contract) => contract.service === service);
    if (received.length > 0)
      believes.push({ name, ...sharedBy(name, service), subjects: new Set(received.map(({ subject }) => subject)) });
    if (name !== service) continue;
    for (const { service: addressee } of requests)
      signs[addressee] = { as: name, keys: sharedBy(name, addressee).keys };
  }
  return { signs, believes };
}
