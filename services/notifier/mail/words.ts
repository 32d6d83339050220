import type { Line, Notice } from '../domain/notice.ts';

/** All that the mail says in its own words. What agents and strangers wrote is never a part of a sentence here. */
export interface Words {
  readonly language: string;
  /** In one line, what the mail is about. */
  readonly kind: Readonly<Record<Exclude<Notice['kind'], 'several' | 'digest'>, string>>;
  readonly several: (total: number) => string;
  readonly digest: (open: number) => string;
  readonly digestEndedOnly: string;
  readonly line: Readonly<Record<Line['kind'], string>>;
  readonly mission: string;
  readonly about: string;
  readonly answerBy: string;
  readonly ended: string;
  readonly at: string;
  readonly endsAt: string;
  readonly until: (time: string) => string;
  readonly ifNobodyAnswers: string;
  readonly endsWithout: string;
  readonly cameTo: string;
  readonly isTaken: string;
  readonly wasTaken: string;
  readonly nothingTaken: string;
  readonly decided: string;
  readonly choose: string;
  readonly pressesNothing: string;
  readonly ownWords: string;
  readonly openQuestion: string;
  readonly openMission: string;
  readonly openInbox: string;
  readonly keep: string;
  readonly open: string;
  readonly endedSince: string;
  readonly more: (count: number) => string;
  readonly why: string;
  readonly noReply: string;
  readonly settings: string;
  readonly unsubscribe: string;
  readonly subjectOf: { readonly mission: string; readonly several: string; readonly digest: (day: string) => string };
  readonly confirm: {
    readonly subject: (code: string) => string;
    readonly heading: string;
    readonly how: (minutes: number) => string;
    readonly notYou: string;
  };
}
