import { Problem } from './errors.ts';

/**
 * What an operator may limit for a whole customer (specification section 8 "Quotas"): missions that are kept, questions
 * that wait, recipients of a day's mail, and bytes that missions take.
 */
export const quotas = ['missions', 'questions', 'mail', 'storage'] as const;
export type Quota = (typeof quotas)[number];

/** null: none. */
export type Quotas = Readonly<Record<Quota, number | null>>;

export interface ExceededQuota {
  readonly quota: Quota;
  readonly limit: number;
  /** Without what was refused. */
  readonly used: number;
}

const said: Record<Quota, (it: ExceededQuota) => string> = {
  missions: ({ used, limit }) =>
    `This customer keeps ${used} missions, and its quota is ${limit}. Go on with a mission that there is, or ask the ` +
    'operator to erase missions or to raise the quota.',
  questions: ({ used, limit }) =>
    `${used} questions of this customer wait for an answer, and its quota is ${limit}. Ask again when some are ` +
    'answered, withdraw questions that do not matter any more, or ask the operator to raise the quota.',
  mail: ({ used, limit }) =>
    `Mail of this customer has reached ${used} recipients today, and its quota is ${limit} a day. Send to fewer ` +
    'recipients, wait for the next day (UTC), or ask the operator to raise the quota.',
  storage: ({ used, limit }) =>
    `The missions of this customer take ${used} bytes, and its quota is ${limit}. Keep large texts elsewhere and refer ` +
    'to them, or ask the operator to erase missions or to raise the quota. What ends, stops or answers is still taken.',
};

/** A repeat is refused as well, until something has changed. */
export const quotaExceeded = (it: ExceededQuota, members: Readonly<Record<string, unknown>> = {}): Problem =>
  new Problem('QUOTA_EXCEEDED', said[it.quota](it), { ...it, ...members });
