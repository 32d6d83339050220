import type { Caller } from '@missions/contracts/request.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import type { Env } from '@missions/runtime/config.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { mission, missionContext } from '../service.ts';

export type MissionUnderTest = ServiceUnderTest<Context>;

const agent: Partial<Caller> = { kind: 'service' };

/**
 * The mission service's handlers and store on a fresh database of a real PostgreSQL, without NATS. Requests come from
 * an agent of `ada` at `acme` unless they say otherwise.
 * No kill switch is on.
 * @param pollMs see `startSignalDelivery`.
 * @param copyOf makes a further copy of that service, on the same database.
 */
export const startMissionUnderTest = (
  clock: Clock = systemClock,
  pollMs = 50,
  env: Env = {},
  copyOf?: MissionUnderTest,
): Promise<MissionUnderTest> =>
  startServiceUnderTest(
    { ...mission, context: (base) => ({ ...missionContext(base, pollMs), askSwitch: async () => false }) },
    { clock, env, caller: agent, databaseUrl: copyOf?.databaseUrl },
  );
