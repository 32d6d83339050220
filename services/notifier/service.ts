import { randomBytes } from 'node:crypto';
import { noticeChannels } from '@missions/contracts/notifier/preferences.ts';
import { defineService, type ServiceContext } from '@missions/service-kit/service.ts';
import type { Context } from './commands/context.ts';
import { notifierConfig, type NotifierConfig } from './config.ts';
import type { PushSender } from './domain/notice.ts';
import { startDelivering } from './jobs/deliver.ts';
import { startSendingNotices } from './jobs/send.ts';
import { startTelling } from './jobs/tell.ts';
import { startWithdrawing } from './jobs/withdraw.ts';
import { pushSender } from './push/send.ts';
import { storedPushKeys } from './push/stored-keys.ts';
import { contactOf } from './push/token.ts';
import { webhookSender } from './webhooks/send.ts';
import { resealSecrets } from './webhooks/stored-secrets.ts';
import { notifierEndpoints } from './requests/endpoints.ts';
import { notifierEntities } from './store/entities.ts';
import { serviceKey } from './store/service-keys.ts';
import { measureNotices } from './store/measure.ts';
import { notifierMigrations } from './store/migrations.ts';
import { notifierSubscriptions } from './subscriptions/subscriptions.ts';

/** Tells users what waits for them, where they can be reached (specification section 11). */
export const notifier = defineService({
  name: 'notifier',
  config: notifierConfig,
  database: { entities: notifierEntities, migrations: notifierMigrations },
  streams: ['NOTIFIER'],
  async context(base: ServiceContext<NotifierConfig>): Promise<Context> {
    const { db, clock, config } = base;
    await resealSecrets(db, config.callerKey);
    return {
      ...base,
      ...signals(),
      push: await pushOf(base),
      webhooks: webhookSender({
        secrets: config.callerKey,
        allowPrivate: config.webhookAllowPrivate,
        now: () => clock.now(),
      }),
      unsubscribeKey: await serviceKey(db, 'unsubscribe', randomBytes(32).toString('base64url')),
    };
  },
  endpoints: notifierEndpoints,
  subscriptions: notifierSubscriptions,
  measure: measureNotices,
  *jobs(context) {
    yield startTelling(context);
    for (const channel of noticeChannels) {
      yield startSendingNotices(context, channel);
      yield startWithdrawing(context, channel);
    }
    yield startDelivering(context);
  },
});

async function pushOf({ db, clock, config, logger }: ServiceContext<NotifierConfig>): Promise<PushSender | undefined> {
  const keys = await storedPushKeys(db, config.callerKey);
  if (!keys) {
    logger.error('push messages are not sent: their keys are sealed with a CALLER_KEY that is neither of those given');
    return undefined;
  }
  const { pushAllowPrivate: allowPrivate, publicUrl } = config;
  return pushSender({ keys, contact: contactOf(publicUrl), allowPrivate, now: () => clock.now().getTime() });
}

/** By which handlers wake the jobs after their commit. */
function signals(): Pick<
  Context,
  'dueStored' | 'onDueStored' | 'queued' | 'onQueued' | 'deliveriesHeld' | 'onDeliveriesHeld'
> {
  const [dueStored, onDueStored] = signal<number>();
  const [queued, onQueued] = signal<void>();
  const [deliveriesHeld, onDeliveriesHeld] = signal<void>();
  return { dueStored, onDueStored, queued, onQueued, deliveriesHeld, onDeliveriesHeld };
}

function signal<T>(): [tell: (it: T) => void, listen: (listener: (it: T) => void) => () => void] {
  const listeners = new Set<(it: T) => void>();
  return [
    (it) => listeners.forEach((listener) => listener(it)),
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  ];
}
