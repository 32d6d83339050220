import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Preferences } from '@missions/contracts/notifier/preferences.ts';
import { nextDigest } from '@missions/notifier/domain/digest.ts';
import type { QuestionFacts, Wishes } from '@missions/notifier/domain/ladder.ts';
import { dice, type SentStep, T0, type ToldUser, wishesOfUser } from '@missions/notifier/testing/fortnight.ts';
import { newId } from '@missions/runtime/id.ts';
import type { ReceivedMail } from '../mail/receiver.ts';

const HOUR = 3_600_000;
export const CUSTOMER = 'acme';

export interface Question {
  readonly id: string;
  readonly mission_id: string;
  /** Its mark in every text about it. */
  readonly prompt: string;
  readonly urgency: QuestionFacts['urgency'];
  readonly asked_at: number;
  readonly expires_at: number;
  readonly decided_at: number | null;
}
export interface TestUser {
  readonly name: string;
  readonly address: string;
  readonly wishes: Wishes;
  readonly questions: readonly Question[];
}

/** Nobody has a device here. Questions are asked on the hour, and stand for so long that an hour is little. */
export function testUser(user: number, hours: number, questions: number): TestUser {
  const roll = dice(5_000 + user);
  const wishes = wishesOfUser(user);
  return {
    name: `user${user}`,
    address: `user${user}@example.com`,
    wishes: { ...wishes, reachable: { ...wishes.reachable, push: false } },
    questions: Array.from({ length: questions }, (_, index) => {
      const asked_at = T0 + roll(hours - 8) * HOUR;
      const life = 6 + roll(hours);
      return {
        id: newId(),
        mission_id: newId(),
        prompt: `mark${user}x${index}x`,
        urgency: (['low', 'normal', 'high'] as const)[roll(3)] ?? 'normal',
        asked_at,
        expires_at: asked_at + life * HOUR,
        decided_at: roll(3) === 0 ? asked_at + roll(life) * HOUR : null,
      };
    }),
  };
}

export async function storeUser(sql: Client, { name, address, wishes }: TestUser): Promise<void> {
  const { preferences, time_zone, reachable } = wishes;
  const hour = preferences.digest_hour;
  const digestAt = hour === null ? null : new Date(nextDigest(T0, hour, time_zone, null));
  await sql.query(
    `insert into notifier.person (customer_id, user_id, email, time_zone, preferences, digest_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, now())`,
    [
      CUSTOMER,
      name,
      reachable.mail ? address : null,
      time_zone,
      JSON.stringify(preferences satisfies Preferences),
      digestAt,
    ],
  );
}

const sample = (type: string): { data: Record<string, object> } =>
  JSON.parse(readFileSync(new URL(`../../shared/contracts/samples/v1/${type}.json`, import.meta.url), 'utf8'));
const [asked, responded, expired] = ['mission.input_requested', 'approval.responded', 'approval.expired'].map(sample);

/** What the mission and approval services publish of a question, in its order. */
export function eventsOf(
  { name }: TestUser,
  question: Question,
): { readonly at: number; readonly event: EventEnvelope }[] {
  const { id, mission_id, prompt, urgency, asked_at, expires_at, decided_at } = question;
  const of = { customer_id: CUSTOMER, user_id: name, mission_id };
  const iso = (at: number) => new Date(at).toISOString();
  const event = (
    type: string,
    source: string,
    at: number,
    version: number,
    data: object,
  ): { at: number; event: EventEnvelope } => ({
    at,
    event: { id: newId(), type, source, time: iso(at), ...of, version, index: 0, data: { ...data, ...of } },
  });
  const times = { created_at: iso(asked_at), expires_at: iso(expires_at), remind_at: null };
  const whole = { ...asked?.data['question'], ...of, ...times, id, prompt, urgency };
  const isDecided = decided_at !== null && decided_at < expires_at;
  return [
    event('mission.input_requested', '/services/mission', asked_at, 2, { ...asked?.data, question: whole }),
    isDecided
      ? event('approval.responded', '/services/approval', decided_at, 2, { ...responded?.data, request_id: id })
      : event('approval.expired', '/services/approval', expires_at, 2, { ...expired?.data, request_id: id }),
  ];
}

export interface Arrived {
  readonly at: number;
  readonly mail: ReceivedMail;
  readonly messageId: string;
}
export interface StoredNotice {
  readonly id: string;
  readonly user_id: string;
  readonly day: string | null;
  readonly status: string;
  readonly items: readonly { readonly id: string; readonly step: SentStep['step'] }[];
}

export const plain = ({ raw }: ReceivedMail): string => raw.replaceAll(/=\r\n/g, '');

/** What a user has got, by their mail: what it names of what its notice was made of. */
export function toldUser(
  { name, wishes, questions }: TestUser,
  arrived: readonly Arrived[],
  notices: readonly StoredNotice[],
): ToldUser {
  const facts = ({ urgency, asked_at, expires_at, decided_at }: Question, at: number): QuestionFacts => {
    const state =
      decided_at !== null && decided_at < at && decided_at < expires_at
        ? 'settled'
        : expires_at <= at
          ? 'expired'
          : 'open';
    return { kind: 'question', urgency, asked_at, expires_at, remind_at: null, seen_at: null, state, ended_at: null };
  };
  const first = new Map(arrived.toReversed().map((one) => [one.messageId, one]));
  const sent = notices
    .filter(({ user_id, day }) => user_id === name && day === null)
    .flatMap(({ id, items }): SentStep[] => {
      const mail = [...first.values()].find(({ messageId }) => messageId.startsWith(`<notice.${id}@`));
      if (!mail) return [];
      const text = plain(mail.mail);
      return items.flatMap((item) => {
        const question = questions.find((one) => item.id === `question:${one.id}`);
        if (!question || !text.includes(question.prompt)) return [];
        return [{ ...item, channel: 'mail', at: mail.at, facts: facts(question, mail.at), notice: id }];
      });
    });
  const subjects = questions.map((question) => ({ id: `question:${question.id}`, facts: facts(question, Infinity) }));
  return { wishes, sent, subjects };
}
