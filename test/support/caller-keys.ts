import type { CallerKeys } from '@missions/messaging/caller-proof.ts';

const services = ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier'] as const;
type Service = (typeof services)[number];

const variable = (service: Service): string => `CALLER_KEY_${service.toUpperCase().replaceAll('-', '_')}`;
const keyOf = (service: Service): string => `caller-key-of-the-tests-for-${service}-3f9a`;
export const SCHEDULER_KEY = 'scheduler-caller-key-of-the-tests-71c2';
export const ANSWER_KEY = 'answer-key-of-the-tests-which-is-long-58e0';

/** The variables by which services of a test prove to each other who calls. */
export function callerKeyEnv(name: string): Record<string, string> {
  if (name === 'gateway') return Object.fromEntries(services.map((service) => [variable(service), keyOf(service)]));
  const answers = name === 'mission' || name === 'approval' ? { ANSWER_KEY } : {};
  const service = services.find((one) => one === name);
  return service ? { CALLER_KEY: keyOf(service), SCHEDULER_CALLER_KEY: SCHEDULER_KEY, ...answers } : {};
}

/** Signs as the gateway does, for tests that take its place. */
export const asGateway: CallerKeys = {
  signs: Object.fromEntries(services.map((service) => [service, { as: 'gateway', keys: [keyOf(service)] }])),
};

/** Signs as the gateway and believes it, the scheduler and the email-bridge, for tests that also take the place of that service. */
export const standingInFor = (service: Service): CallerKeys => ({
  ...asGateway,
  believes: [
    { name: 'gateway', keys: [keyOf(service)], variable: 'CALLER_KEY' },
    { name: 'scheduler', keys: [SCHEDULER_KEY], variable: 'SCHEDULER_CALLER_KEY' },
    { name: 'notifier', keys: [SCHEDULER_KEY], variable: 'SCHEDULER_CALLER_KEY' },
    { name: 'email-bridge', keys: [SCHEDULER_KEY], variable: 'SCHEDULER_CALLER_KEY' },
  ],
});
