import type { Secrets } from './secrets.ts';
import { type Service, services } from './services.ts';

const named = (service: string): string => `CALLER_KEY_${service.toUpperCase().replaceAll('-', '_')}`;
const believers = services.filter(({ edge, agent }) => !edge && !agent).map(({ name }) => name);

/** The variables by which services prove to each other who calls; see shared/docs/decisions/0020-who-calls.md. */
export const callerKeyVariables: readonly string[] = [
  ...['CALLER_KEY', 'SCHEDULER_CALLER_KEY', 'ANSWER_KEY'],
  ...believers.map(named),
];

/** A service's keys. One that the data folder lacks, as that of an older version does, is created. */
export function callerKeys({ name, edge }: Service, { getOrCreate }: Pick<Secrets, 'getOrCreate'>): NodeJS.ProcessEnv {
  if (edge) return Object.fromEntries(believers.map((service) => [named(service), getOrCreate(named(service))]));
  if (!believers.includes(name)) return {};
  const answers = ['mission', 'approval'].includes(name) ? ['ANSWER_KEY'] : [];
  const shared = ['SCHEDULER_CALLER_KEY', ...answers].map((variable) => [variable, getOrCreate(variable)]);
  return { CALLER_KEY: getOrCreate(named(name)), ...Object.fromEntries(shared) };
}
