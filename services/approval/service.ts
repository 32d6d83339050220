import { approvalApproved, approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { sealOf } from '@missions/messaging/event-seal.ts';
import { defineService } from '@missions/service-kit/service.ts';
import { AskedHere } from './commands/asked-here.ts';
import type { Context } from './commands/execute-command.ts';
import { approvalConfig } from './config.ts';
import { startKeepingDeadlines } from './jobs/keep-deadlines.ts';
import { receiptSigner } from './receipts/signer.ts';
import { approvalEndpoints } from './requests/endpoints.ts';
import { approvalEntities } from './store/entities.ts';
import { measureQuestions } from './store/measure.ts';
import { approvalMigrations } from './store/migrations.ts';
import { approvalSubscriptions } from './subscriptions/subscriptions.ts';

const outcomes = new Set<string>([approvalApproved, ...Object.values(approvalOutcomes)]);

/** Input requests to users, and their responses (specification sections 3.5 and 8). */
export const approval = defineService({
  name: 'approval',
  config: approvalConfig,
  database: { entities: approvalEntities, migrations: approvalMigrations },
  streams: ['APPROVAL', 'SCHEDULER'],
  // The mission service goes on because of these, and believes them from this service only.
  seal: ({ answerKey: keys }, event, body) => (outcomes.has(event.type) ? sealOf(keys, event, body) : undefined),
  context: (base) => {
    const { answerKey: secrets, publicUrl } = base.config;
    return {
      ...base,
      ...dueNotices(),
      askedHere: new AskedHere(),
      seal: (event, body) => sealOf(secrets, event, body),
      sign: receiptSigner({ ...base, secrets, issuer: new URL(publicUrl).origin }),
    };
  },
  endpoints: approvalEndpoints,
  subscriptions: approvalSubscriptions,
  jobs: (context) => [startKeepingDeadlines(context)],
  measure: measureQuestions,
});

function dueNotices(): Pick<Context, 'dueStored' | 'onDueStored'> {
  const listeners = new Set<(dueAt: number) => void>();
  return {
    dueStored: (dueAt) => listeners.forEach((listener) => listener(dueAt)),
    onDueStored(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
