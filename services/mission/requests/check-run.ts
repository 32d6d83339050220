import { checkRun } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';

/** Asked by the gateway before another service writes under `X-Run`. The lease may be lost the moment after: see there. */
export const checkRunEndpoint = ({ db }: Context) =>
  endpoint(checkRun, async ({ caller, run }) => {
    await holdLease(autocommit(db), caller, run);
    return { body: '{}' };
  });
