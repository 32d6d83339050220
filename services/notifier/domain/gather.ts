import { type NoticeChannel, noticeChannels } from '@missions/contracts/notifier/preferences.ts';
import { endOf, type Facts, GATHER_MS, lookAt, nextStep, type Step, type Taken, type Wishes } from './ladder.ts';

export interface Subject {
  readonly id: string;
  readonly facts: Facts;
  readonly taken: readonly Taken[];
}

export interface Saying {
  readonly id: string;
  readonly step: Step;
}

/** What is told on one channel at one moment. */
export interface Told {
  readonly channel: NoticeChannel;
  readonly items: readonly Saying[];
}

export interface Pass {
  readonly told: readonly Told[];
  /** All that were looked at: with the step that was taken, and when to look again. */
  readonly looked: readonly {
    readonly id: string;
    readonly taken: readonly Taken[];
    readonly look_at: number | null;
  }[];
  /** Questions of which their user can be told on no channel. */
  readonly unreachable: readonly string[];
}

/** So many of one moment become one. */
const SEVERAL = 3;

/**
 * Takes the steps of one user that are due. What is due within a minute is told together: it waits for a minute to be
 * over since the user was told something, unless it would be too late by then.
 */
export function takeSteps(
  subjects: readonly Subject[],
  wishes: Wishes,
  { toldAt, now }: { readonly toldAt: number | null; readonly now: number },
): Pass {
  const due: (Saying & { readonly channels: readonly NoticeChannel[]; readonly held: boolean })[] = [];
  const resting = toldAt === null ? now : toldAt + GATHER_MS;
  const looked = subjects.map(({ id, facts, taken }) => {
    const next = nextStep(facts, taken, wishes, now);
    const look_at = lookAt(facts, next, now);
    if (next.kind !== 'send') return { id, taken, look_at };
    const end = endOf(facts);
    if (resting > now && (end === null || end > resting)) return { id, taken, look_at: resting };
    due.push({ id, step: next.step, channels: next.channels, held: next.held });
    const after = [...taken, { step: next.step, channels: next.channels, at: now }];
    return { id, taken: after, look_at: lookAt(facts, nextStep(facts, after, wishes, now), now) };
  });
  const told = noticeChannels.flatMap((channel): Told[] => {
    const mine = due.filter(({ channels }) => channels.includes(channel));
    const items = mine.map(({ id, step }) => ({ id, step }));
    const together = mine.length >= SEVERAL || (mine.length > 1 && mine.some(({ held }) => held));
    return together ? [{ channel, items }] : items.map((item) => ({ channel, items: [item] }));
  });
  const unreachable = due.filter(({ step }) => step === 'unreachable').map(({ id }) => id);
  return { told, looked, unreachable };
}
