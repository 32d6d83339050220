import type { Context, Middleware } from 'koa';
import {
  type AuditAction,
  type AuditTarget,
  byCaller,
  byUnknown,
  type IntendedDeed,
} from '@missions/contracts/audit.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import type { Database } from '@missions/persistence/database.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { Origins } from './origin.ts';

export interface DeedRecorder {
  readonly origins: Origins;
  /** Records a deed that this gateway refused; see `recordRefusal`. A gateway without a database records none. */
  readonly recordRefusal: (deeds: readonly IntendedDeed[], error: unknown) => Promise<void>;
}

/** @param keys the gateway's database, if it has one. */
export const deedRecorder = (keys: Database | undefined): DeedRecorder => ({
  origins: new Origins(),
  recordRefusal: async (deeds, error) => keys && (await recordRefusal(keys, deeds, error)),
});

/**
 * Records a deed that the gateway itself refuses, e.g. because an agent's key was shown where only a person may act. Once
 * the request was sent (`ctx.state.sent`), its service records it.
 */
export const recordsRefusedDeed =
  ({ origins, recordRefusal }: DeedRecorder, action: AuditAction): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (ctx.state['sent'] !== true) await recordRefusal([deedOf(ctx, origins, action)], error);
      throw error;
    }
  };

function deedOf(
  ctx: Context & { params?: Record<string, string> },
  origins: Origins,
  action: AuditAction,
): IntendedDeed {
  const { mission_id, task_id, request_id, session_id, device_id } = ctx.params ?? {};
  const [kind, id] = (
    session_id !== undefined
      ? ['session', session_id]
      : device_id !== undefined
        ? ['device', device_id]
        : request_id !== undefined
          ? ['input_request', request_id]
          : task_id !== undefined
            ? ['task', task_id]
            : ['mission', mission_id]
  ) as [AuditTarget, string | undefined];
  const caller = ctx.state['caller'] as Caller | undefined;
  const { address, channel } = origins.of(ctx);
  return {
    customer_id: caller?.customer_id ?? '',
    by: caller ? byCaller(caller) : byUnknown(address, channel),
    action,
    target: { kind, id: idOrNothing(id) },
    mission_id: idOrNothing(mission_id) || null,
  };
}

/** A path holds what its caller wrote; only an id of ours is recorded. */
const idOrNothing = (text = ''): string => (isUuid(text) ? text.toLowerCase() : '');
