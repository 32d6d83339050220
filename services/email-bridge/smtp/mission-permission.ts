import { Problem } from '@missions/contracts/errors.ts';
import { mayMail } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { isSwitchedOff } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Email } from '../domain/state.ts';

/** `wait`: not now; the message stays queued. `never`: its mission has ended. */
export type Permission = { readonly kind: 'send' } | { readonly kind: 'wait' | 'never'; readonly reason: string };

/** Says whether a message of this e-mail may leave now. Never rejects. */
export type AskPermission = (email: Pick<Email, 'customer_id' | 'user_id' | 'mission_id'>) => Promise<Permission>;

const ANSWER_MS = 5_000;

/**
 * Asks the mission service for pause and end, and the scheduler for kill switches. Both read what is committed, so that
 * a pause that was acknowledged before stops the message. Without an answer the message waits. Mail of no mission may
 * always leave.
 */
export const missionPermission =
  (request: Bus['request']): AskPermission =>
  async ({ customer_id, user_id, mission_id }) => {
    if (mission_id === null) return { kind: 'send' };
    const caller: Caller = { kind: 'service', credential: 'email-bridge', customer_id, user_id, agent_id: null };
    const message = { caller, input: { mission_id } };
    try {
      const [mission, killSwitch] = await Promise.all([
        request(mayMail, message, { timeoutMs: ANSWER_MS }),
        request(isSwitchedOff, message, { timeoutMs: ANSWER_MS }),
      ]);
      const { state } = mission.json<{ state: string }>();
      if (state === 'ended') return { kind: 'never', reason: 'its mission has ended' };
      if (state !== 'active') return { kind: 'wait', reason: `its mission is ${state}` };
      const { switched_off } = killSwitch.json<{ switched_off: boolean }>();
      return switched_off ? { kind: 'wait', reason: 'its mission is switched off' } : { kind: 'send' };
    } catch (error) {
      if (error instanceof Problem && error.code === 'MISSION_NOT_FOUND')
        return { kind: 'never', reason: 'its mission was deleted' };
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'wait', reason: `its mission could not be asked: ${reason}` };
    }
  };

/** Thrown by the last question before a message leaves. */
export class Withheld extends Error {
  readonly permission: Exclude<Permission, { kind: 'send' }>;

  constructor(permission: Exclude<Permission, { kind: 'send' }>) {
    super(permission.reason);
    this.permission = permission;
  }
}
