/**
 * Every NATS subject of the product is spelled here and nowhere else (specification section 7).
 * Events travel on two-token subjects, so that `mission.*` is every mission event; requests on `svc.<service>.<verb>`,
 * which no stream captures; live notifications on `live.<customer>.<user>` (core NATS, lossy on purpose).
 */
export type StreamName = 'MISSION' | 'APPROVAL' | 'EMAIL' | 'NOTIFIER' | 'SCHEDULER' | 'DEADLETTER';

export interface StreamDefinition {
  name: StreamName;
  subjects: readonly string[];
  /** Days a message is kept. Those of an erased mission are overwritten before (decision 0019). */
  maxAgeDays: number;
}

export const streams: Record<StreamName, StreamDefinition> = {
  MISSION: { name: 'MISSION', subjects: ['mission.*'], maxAgeDays: 14 },
  APPROVAL: { name: 'APPROVAL', subjects: ['approval.*'], maxAgeDays: 14 },
  EMAIL: { name: 'EMAIL', subjects: ['email.*'], maxAgeDays: 14 },
  NOTIFIER: { name: 'NOTIFIER', subjects: ['notifier.*'], maxAgeDays: 14 },
  SCHEDULER: { name: 'SCHEDULER', subjects: ['scheduler.*', 'timer.*'], maxAgeDays: 14 },
  DEADLETTER: { name: 'DEADLETTER', subjects: ['deadletter.*'], maxAgeDays: 28 },
};

/** The services behind the gateway. */
export const serviceNames = ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier'] as const;
export type ServiceName = (typeof serviceNames)[number];

export const requestSubject = (service: ServiceName, verb: string): string => `svc.${service}.${verb}`;
export const deadLetterSubject = (service: string): string => `deadletter.${service}`;

/** Ids are chosen by callers and may contain dots or spaces, which a subject token may not. */
const token = (id: string): string => Buffer.from(id, 'utf8').toString('base64url') || '-';
export const liveSubject = (customerId: string, userId: string): string => `live.${token(customerId)}.${token(userId)}`;

/**
 * The streams that services of others may read: of each, the account EVENTS of the NATS server has a mirror of the same
 * name (decision 0030).
 */
export const mirroredStreams = [
  'MISSION',
  'APPROVAL',
  'EMAIL',
  'NOTIFIER',
  'SCHEDULER',
] as const satisfies StreamName[];
/** How a mirror reaches the stream that it copies, and how the provisioner and the eraser reach the mirror. */
export const mirrorSource = { api: '$MIRROR.API', deliver: '$MIRROR.deliver' } as const;
export const mirrorApi = '$EVENTS.API';
