import { Problem } from '@missions/contracts/errors.ts';

/** What the call was refused with. @throws Error when it was not. */
export async function refusal(call: Promise<unknown>): Promise<Problem> {
  const outcome = await call.catch((error: unknown) => error);
  if (outcome instanceof Problem) return outcome;
  throw new Error('was not refused by a Problem', { cause: outcome });
}
