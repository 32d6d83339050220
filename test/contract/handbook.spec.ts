import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MAX_EXPIRY_HOURS } from '@missions/contracts/approval/input-request.ts';
import { MAX_RECIPIENTS } from '@missions/contracts/email/address.ts';
import { MAX_REPLY_HOURS } from '@missions/contracts/email/email.ts';
import { MAX_TASKS_PER_CALL, MAX_WAITS_OF_LIST, NewMission } from '@missions/contracts/mission/bodies.ts';
import { MAX_LEASE_SECONDS, MAX_WAIT_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import { streams } from '@missions/contracts/subjects.ts';
import { emailConfig } from '@missions/email-bridge/config.ts';
import { gatewayConfig } from '@missions/gateway/config.ts';
import { MAX_LIVE_KEYS } from '@missions/gateway/keys/manage.ts';
import { MAX_MESSAGE_BYTES } from '@missions/gateway/routes/inbound-email.ts';
import { MAX_BODY_BYTES } from '@missions/http/body.ts';
import { MAX_PENDING_OF_USER } from '@missions/mission/commands/limit-questions.ts';
import { missionConfig } from '@missions/mission/config.ts';
import { RESTORABLE_DAYS } from '@missions/mission/domain/lifecycle.ts';
import { MAX_TASKS } from '@missions/mission/domain/plan.ts';
import { MAX_PENDING_OF_MISSION } from '@missions/mission/domain/request-input.ts';
import { MAX_CALLERS_BYTES, MAX_MISSION_BYTES } from '@missions/mission/domain/size.ts';
import { schedulerConfig } from '@missions/scheduler/config.ts';
import { auditPurgeConfig } from '@missions/service-kit/config.ts';

const text = readFileSync(new URL('../../shared/docs/handbook.md', import.meta.url), 'utf8');
const key = '7d0c9b5e2f1a48637d0c9b5e2f1a4863';
/** The least environment with which each service's settings can be read. */
const least = {
  DATABASE_URL: 'postgres://127.0.0.1/missions',
  NATS_URL: 'nats://127.0.0.1:4222',
  HUB_SERVICE_SECRET: key,
  ...Object.fromEntries(
    ['', '_MISSION', '_APPROVAL', '_SCHEDULER', '_EMAIL_BRIDGE', '_NOTIFIER'].map((of) => [`CALLER_KEY${of}`, key]),
  ),
  SCHEDULER_CALLER_KEY: key,
  ANSWER_KEY: key,
};
const n = (value: number): string => value.toLocaleString('en-US');

const rows = (heading: string): [string, string][] => {
  const [, section = ''] = new RegExp(`^## ${heading}\n([^]*?)(?=^## )`, 'm').exec(text) ?? [];
  return [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)]
    .map(([, of = '', value = '']): [string, string] => [of, value])
    .slice(2);
};

describe('the handbook', () => {
  it('shows the limits of the code, each of them', () => {
    expect(Object.fromEntries(rows('Limits'))).to.deep.equal({
      'the body of a call': `${n(MAX_BODY_BYTES / 1024)} KiB`,
      'a title': `${n((NewMission.properties.title as { maxLength?: number }).maxLength ?? 0)} characters`,
      'the tasks of a mission': n(MAX_TASKS),
      'the tasks of one call': n(MAX_TASKS_PER_CALL),
      'a mission with its tasks and waits, as JSON': `${n(MAX_MISSION_BYTES)} bytes, of which callers may fill ${n(MAX_CALLERS_BYTES)}`,
      'the things that one wait names': n(MAX_WAITS_OF_LIST),
      'the open questions of a mission': n(MAX_PENDING_OF_MISSION),
      'the open questions of a user': n(MAX_PENDING_OF_USER),
      'the time for an answer': `${n(MAX_EXPIRY_HOURS)} hours`,
      'the time for the replies to an e-mail': `${n(MAX_REPLY_HOURS)} hours`,
      'the recipients of an e-mail': n(MAX_RECIPIENTS),
      "the recipients of a user's mail in a day (`MAIL_RECIPIENTS_PER_DAY`)": n(
        missionConfig(least).mailRecipientsPerDay,
      ),
      'a message to `/hooks/inbound-email`': `${n(MAX_MESSAGE_BYTES / 1024 / 1024)} MiB`,
      'the lease of a run': `${n(MAX_LEASE_SECONDS)} seconds`,
      'a claim that waits': `${n(MAX_WAIT_SECONDS)} seconds`,
      'the runs of a customer at a time (`RUNS_PER_CUSTOMER`)': n(schedulerConfig(least).runsPerCustomer),
      'the live keys of an agent': n(MAX_LIVE_KEYS),
      'the requests per second of a key (`RATE_LIMIT_PER_KEY`)': n(gatewayConfig(least).keyRate),
    });
  });

  it('says how long the code keeps things', () => {
    const kept = Object.fromEntries(rows('How long things are kept'));
    expect(kept['a deleted mission']).to.match(new RegExp(`^${RESTORABLE_DAYS} days`));
    expect(kept['events, for other services: in the outbox, in the streams']).to.contain(
      `, ${streams.MISSION.maxAgeDays} days`,
    );
    expect(kept['a message that could not be handled (dead letter)']).to.equal(`${streams.DEADLETTER.maxAgeDays} days`);
    expect(kept['mail that could not be read (`SET_ASIDE_MAIL_DAYS`)']).to.equal(
      `${emailConfig(least).setAsideMailDays} days`,
    );
    expect(kept['the audit record (`AUDIT_RETENTION_DAYS`)']).to.equal(`${auditPurgeConfig(least).days} days`);
  });
});
