import { isSwitchedOff } from '@missions/contracts/scheduler/runs.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { defineService, type ServiceContext } from '@missions/service-kit/service.ts';
import { EventsInHand } from './commands/events-in-hand.ts';
import type { Context } from './commands/execute-command.ts';
import type { MailLimits } from './commands/limit-mail.ts';
import type { AskSwitch } from './commands/switched-off.ts';
import { type MissionConfig, missionConfig } from './config.ts';
import { startSignalDelivery } from './jobs/deliver-signals.ts';
import { startInboxFilling } from './jobs/fill-inbox.ts';
import { startMeasuring } from './jobs/measure-missions.ts';
import { startMailCountPurge } from './jobs/purge-mail-counts.ts';
import { historyEndpoints } from './requests/history.ts';
import { mailLimitEndpoints } from './requests/mail-limits.ts';
import { inboxEndpoints } from './requests/inbox.ts';
import { missionEndpoints } from './requests/missions.ts';
import { outcomeEndpoints } from './requests/outcomes.ts';
import { runEndpoints } from './requests/runs.ts';
import { taskEndpoints } from './requests/tasks.ts';
import { waitEndpoints } from './requests/waits.ts';
import { CreationGroup } from './store/create-mission.ts';
import { missionEntities } from './store/entities.ts';
import { missionMigrations } from './store/migrations.ts';
import { missionSubscriptions } from './subscriptions/subscriptions.ts';
import { outcomeVerifier } from './subscriptions/verify-outcome.ts';

/** Missions with their tasks, history, waits and signals (specification sections 2 to 4). */
export const mission = defineService({
  name: 'mission',
  config: missionConfig,
  database: { entities: missionEntities, migrations: missionMigrations },
  streams: ['MISSION', 'SCHEDULER'],
  context: (base: ServiceContext<MissionConfig>) => missionContext(base),
  endpoints: (context) => [
    ...missionEndpoints(context),
    ...inboxEndpoints(context),
    ...taskEndpoints(context),
    ...historyEndpoints(context),
    ...waitEndpoints(context),
    ...runEndpoints(context),
    ...mailLimitEndpoints(context),
    ...outcomeEndpoints(context),
  ],
  subscriptions: missionSubscriptions,
  jobs: (context) => [startMailCountPurge(context), startInboxFilling(context), startMeasuring(context)],
});

/** How long a mail waits for the scheduler's word about kill switches. */
const SWITCH_MS = 1_000;

/** @param pollMs see `startSignalDelivery`; for tests. */
export function missionContext(
  { config: settings, db, bus, clock, newId, admit, notify, logger, onStop }: ServiceContext<MissionConfig>,
  pollMs?: number,
): Context & { readonly logger: Logger } {
  const deliveries = startSignalDelivery({ db, clock, newId, logger, notify, pollMs });
  onStop('signal deliveries', () => deliveries.stop());
  const mailLimits = mailLimitsOf(settings);
  const verifyOutcome = outcomeVerifier(settings.answerKey, (...call) => bus.request(...call), logger);
  const creations = new CreationGroup(db);
  const askSwitch: AskSwitch = async (caller, mission_id) => {
    const reply = await bus.request(isSwitchedOff, { caller, input: { mission_id } }, { timeoutMs: SWITCH_MS });
    return reply.json<{ switched_off: boolean }>().switched_off;
  };
  const eventsInHand = new EventsInHand();
  return {
    ...{ db, clock, newId, admit, notify, logger, deliveries, creations, eventsInHand },
    ...{ mailLimits, verifyOutcome, askSwitch },
  };
}

/** An agent works for several users, and a customer has several of both. */
const mailLimitsOf = ({
  mailRecipientsPerDay: user,
  mailRecipientsPerDayOfAgent: agent = 5 * user,
  mailRecipientsPerDayOfCustomer: customer = 10 * user,
}: MissionConfig): MailLimits => ({ user, agent, customer });
