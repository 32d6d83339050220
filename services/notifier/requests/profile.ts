import { byCaller, type Deed } from '@missions/contracts/audit.ts';
import { changeProfile, confirmAddress, readProfile, type UserProfile } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { isZone } from '@missions/contracts/zone.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { beginConfirmation, CODE_MINUTES, type CodeMail, confirm } from '../commands/confirm-address.ts';
import type { Context } from '../commands/context.ts';
import { mailUser } from '../commands/mail-user.ts';
import { isLanguage } from '../domain/notice.ts';
import { confirmationMail } from '../mail/letters.ts';
import { readPending } from '../store/address-codes.ts';
import { changePerson, lockPerson, readerOf, readPerson, storeProvided, type UserKey } from '../store/people.ts';
import { lookAgain } from '../store/subjects.ts';
import { userOf } from './caller.ts';

/** Who a user is, and the address at which they are written to. */
export const profileEndpoints = (context: Context): Endpoint[] => [read(context), change(context), confirmed(context)];

const read = (context: Context) =>
  endpoint(readProfile, async ({ caller, input: { provided } }) => {
    const user = userOf(caller);
    const { db, clock } = context;
    const body = await transaction(db, async (tx) => {
      if (provided !== undefined) {
        await lockPerson(tx, user, clock.now());
        await storeProvided(tx, user, provided, clock.now());
      }
      return await profileOf(tx, context, user);
    });
    return { body };
  });

const change = (context: Context) =>
  endpoint(changeProfile, async ({ caller, input }) => {
    const user = userOf(caller);
    const { email, ...patch } = input;
    if (patch.time_zone != null && !isZone(patch.time_zone))
      throw invalid([{ path: '/time_zone', message: 'is no time zone; one looks like Europe/Lisbon' }]);
    if (patch.locale != null && !isLanguage(patch.locale))
      throw invalid([{ path: '/locale', message: 'is no language; one looks like pt-PT' }]);
    const now = context.clock.now();
    let code: CodeMail | undefined;
    const body = await transaction(context.db, async (tx) => {
      code = undefined;
      const person = await lockPerson(tx, user, now);
      await changePerson(tx, user, email === null ? { ...patch, email } : patch, now);
      const isTheirs = person.is_confirmed && person.email === email;
      if (email != null && !isTheirs) code = await beginConfirmation(tx, context, user, email);
      await lookAgain(tx, user, now);
      await recordDeeds(tx, [deed(caller, user, 'profile.changed')]);
      return await profileOf(tx, context, user);
    });
    context.dueStored(now.getTime());
    if (code) await mailCode(context, user, code);
    return { body };
  });

const confirmed = (context: Context) =>
  endpoint(confirmAddress, async ({ caller, input: { code } }) => {
    const user = userOf(caller);
    const now = context.clock.now();
    const result = await transaction(context.db, async (tx) => {
      await lockPerson(tx, user, now);
      const wrong = await confirm(tx, context, user, code);
      if (wrong) return wrong;
      await lookAgain(tx, user, now);
      await recordDeeds(tx, [deed(caller, user, 'address.confirmed')]);
      return await profileOf(tx, context, user);
    });
    if (result instanceof Error) throw result;
    context.dueStored(now.getTime());
    return { body: result };
  });

async function mailCode(context: Context, user: UserKey, { to, code }: CodeMail): Promise<void> {
  const { language } = readerOf(await readPerson(autocommit(context.db), user));
  const page = new URL(context.config.publicUrl).origin;
  const links = { inbox: `${page}/`, settings: `${page}/settings` };
  const { headers, ...texts } = confirmationMail({ reader: { language }, links, code, minutes: CODE_MINUTES });
  const of = { id: context.newId(), mission_id: null, to, language };
  await mailUser(context, user, { ...of, ...texts, headers: { ...headers } });
}

async function profileOf(tx: Tx, { clock }: Context, user: UserKey): Promise<UserProfile> {
  const { name, email, is_confirmed, time_zone, language } = await readPerson(tx, user);
  const pending = await readPending(tx, user);
  const isPending = pending !== undefined && pending.hash !== '' && pending.expires_at > clock.now().getTime();
  return {
    name,
    email,
    email_confirmed: is_confirmed,
    email_pending: isPending ? pending.address : null,
    time_zone,
    locale: language,
  };
}

const deed = (caller: Caller, { customer_id, user_id }: UserKey, action: Deed['action']): Deed => ({
  customer_id,
  by: byCaller(caller),
  action,
  target: { kind: 'user', id: user_id },
  mission_id: null,
  result: 'done',
});
