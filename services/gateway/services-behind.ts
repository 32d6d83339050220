import { setTimeout as pause } from 'node:timers/promises';
import { pingOf } from '@missions/contracts/ping.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { type ServiceName, serviceNames } from '@missions/contracts/subjects.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { ServiceLifecycle } from '@missions/runtime/lifecycle.ts';

const AGAIN_MS = 200;
/** A service that is frozen is asked again, for it may have been replaced meanwhile. */
const ANSWER_MS = 1_000;
/** While a service does not answer, the log says so about every 10 s. */
const LOG_EVERY = 50;

/** A ping acts for nobody. */
const caller: Caller = { kind: 'service', credential: 'gateway', customer_id: '-', user_id: null, agent_id: null };

/**
 * A gateway is ready once every service behind it has answered since it started: a balancer that sent calls before
 * would have them refused. A service that goes away later makes its own calls fail, and not those of the others, so
 * that it is not asked again. A probe asks nobody: it reads what the last ping found.
 */
export function servicesBehind({ health, logger, stopping }: Pick<ServiceLifecycle, 'health' | 'logger' | 'stopping'>) {
  for (const service of serviceNames) health.awaiting(service, `an answer of the ${service} service`);

  const ask = async (bus: Pick<Bus, 'request'>, service: ServiceName): Promise<void> => {
    const contract = pingOf(service);
    for (let attempt = 1; !stopping.aborted; attempt++) {
      try {
        await bus.request(contract, { caller, input: {} }, { timeoutMs: ANSWER_MS });
        return health.add(service, () => {});
      } catch (error) {
        health.add(service, () => {
          throw error;
        });
        if (attempt % LOG_EVERY === 0) logger.warn({ err: error, service }, 'waiting for a service');
        await pause(AGAIN_MS);
      }
    }
  };
  return {
    /** Resolves when each service has answered once, or the gateway stops. Never rejects. */
    answered: async (bus: Pick<Bus, 'request'>): Promise<void> => {
      await Promise.all(serviceNames.map((service) => ask(bus, service)));
      if (!stopping.aborted) logger.info('every service has answered');
    },
  };
}
