import type { MissionsClient } from '@missions/client/client.ts';
import { isCode } from '@missions/client/missions-error.ts';

/** Checks that the gateway accepts this agent's key. @throws Error that says what is missing */
export const gatewayAnswers =
  (client: MissionsClient, missionsUrl: string, userId: string) => async (): Promise<void> => {
    try {
      await client.listMissions({ user_id: userId, limit: 1 }, { retries: 0, timeoutMs: 1_800 });
    } catch (error) {
      // A key that is bound to other users, or to other work, is still a valid key.
      if (isCode(error, 'FORBIDDEN', 'SCOPE_REQUIRED')) return;
      if (isCode(error, 'KEY_EXPIRED')) throw new Error('the key in MISSIONS_KEY has expired', { cause: error });
      if (isCode(error, 'UNAUTHENTICATED'))
        throw new Error('the gateway does not know the key in MISSIONS_KEY', { cause: error });
      throw new Error(`no answer from the gateway at ${missionsUrl}`, { cause: error });
    }
  };
