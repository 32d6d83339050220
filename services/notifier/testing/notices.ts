import type { Line, MissionTold, Notice, QuestionTold, Reader } from '../domain/notice.ts';

/** Notices as the ladder makes them, for specs and pictures. */
export const ORIGIN = 'https://missions.example';
const links = {
  inbox: `${ORIGIN}/`,
  settings: `${ORIGIN}/settings`,
  unsubscribe: `${ORIGIN}/unsubscribe/3f9c`,
};
export const ada: Reader = {
  customer_id: 'acme',
  user_id: 'ada',
  name: 'Ada',
  language: 'en-GB',
  time_zone: 'Europe/Berlin',
};
const common = (id: string) => ({ id, reader: ada, links });

export const aQuestion = (over: Partial<QuestionTold> = {}): QuestionTold => ({
  request_id: '7a3e1f5c',
  mission_id: '0d4b9a2e',
  mission_title: 'Hold the meeting of the board',
  prompt: 'May I book the large room for three hours? It costs 120 €.',
  options: [
    { id: 'yes', label: 'Book it', href: `${ORIGIN}/q/7a3e1f5c?choice=yes` },
    { id: 'no', label: 'Find another room', href: `${ORIGIN}/q/7a3e1f5c?choice=no` },
  ],
  fields: [
    { name: 'Room', value: 'Lisbon, second floor' },
    { name: 'Price', value: '120 €' },
  ],
  allow_freeform: true,
  default_option: 'no',
  urgency: 'high',
  asked_at: '2026-06-01T12:00:00.000Z',
  expires_at: '2026-06-02T12:00:00.000Z',
  href: `${ORIGIN}/q/7a3e1f5c`,
  ...over,
});

export const aMission = (over: Partial<MissionTold> = {}): MissionTold => ({
  mission_id: '0d4b9a2e',
  title: 'Book the train to Lisbon',
  text: 'The timetable could not be read.',
  at: '2026-06-01T12:00:00.000Z',
  ends_at: null,
  href: `${ORIGIN}/missions/0d4b9a2e`,
  ...over,
});

export const aLine = (over: Partial<Line> = {}): Line => ({
  kind: 'question',
  mission_title: 'Renew my passport',
  text: 'Which town hall is nearest to your office?',
  until: '2026-06-02T12:00:00.000Z',
  href: `${ORIGIN}/q/7a3e1f5c`,
  ...over,
});

/** One of each kind. */
export const everyNotice = (): readonly Notice[] => [
  { ...common('n1'), kind: 'question', question: aQuestion() },
  { ...common('n2'), kind: 'deadline', question: aQuestion({ options: [], default_option: null }) },
  { ...common('n3'), kind: 'outcome', question: aQuestion(), took: 'Find another room' },
  { ...common('n4'), kind: 'failed', mission: aMission() },
  { ...common('n5'), kind: 'paused', mission: aMission() },
  { ...common('n6'), kind: 'stale', mission: aMission({ text: '', ends_at: '2026-06-05T12:00:00.000Z' }) },
  { ...common('n7'), kind: 'done', mission: aMission({ text: 'Seat 42, 9 June, 08:14.' }) },
  {
    ...common('n8'),
    kind: 'several',
    lines: [aLine(), aLine({ kind: 'failed', mission_title: 'Book the train to Lisbon', until: null })],
    total: 300,
  },
  {
    ...common('n9'),
    kind: 'digest',
    day: '2026-06-01',
    open: [aLine(), aLine({ kind: 'stale', mission_title: 'Clean up the garden', text: '' })],
    ended: [aLine({ kind: 'done', mission_title: 'Pay the rent', text: 'Paid on Monday', until: null })],
  },
];
