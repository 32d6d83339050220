import { byOperator } from '@missions/contracts/audit.ts';
import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram } from '@missions/runtime/admin-program.ts';
import { type KillTarget, listKillSwitches, setKillSwitch } from '../runs/store/kill-switch.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';

/**
 * `on`, `off` or `list`. The first two take exactly one target: all runs, or those of a customer, of a customer's user,
 * or of a mission. `--reason` says why, to whoever lists the switches.
 */
const options = {
  all: { type: 'boolean', default: false },
  customer: { type: 'string' },
  user: { type: 'string' },
  mission: { type: 'string' },
  reason: { type: 'string' },
} as const;

type TargetOptions = { all: boolean; customer?: string; user?: string; mission?: string };

await runAdminProgram(options, async ({ values, positionals: [verb] }) => {
  if (verb !== 'on' && verb !== 'off' && verb !== 'list') throw new UsageError('kill-switch on, off or list.');
  const target = verb === 'list' ? undefined : targetOf(values);
  return await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (tx) => {
    if (!target) return await listKillSwitches(tx);
    return {
      ...target,
      on: verb === 'on',
      changed: await setKillSwitch(tx, target, verb === 'on', {
        by: byOperator(operatorName()),
        ...(values.reason !== undefined && { reason: values.reason.slice(0, 500) }),
      }),
    };
  });
});

function targetOf({ all, customer, user, mission }: TargetOptions): KillTarget & { readonly id: string } {
  const targets = [all || undefined, customer, mission].filter((one) => one !== undefined);
  if (targets.length !== 1 || (user !== undefined && customer === undefined)) {
    throw new UsageError('Say whose runs: --all, --customer <id>, --customer <id> --user <id>, or --mission <id>.');
  }
  if (mission !== undefined) {
    if (!isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
    const id = mission.toLowerCase();
    return { scope: 'mission', id, mission_id: id };
  }
  if (all) return { scope: 'all', id: '' };
  const customer_id = customer ?? '';
  return user === undefined
    ? { scope: 'customer', id: customer_id, customer_id }
    : { scope: 'user', id: `${customer_id}/${user}`, customer_id, user_id: user };
}
