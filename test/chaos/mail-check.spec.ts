import { expect } from 'chai';
import type { MailObservations } from './mail-observations.ts';
import { violations } from './mail-check.ts';

/** One mail to two people who both answered: as it should be. The second copy to the first of them is no fault. */
const good = (): MailObservations => ({
  written: [{ missionId: 'm1', taskId: 't1', trackingId: 'e1', people: ['ann@x', 'bob@x'], taken: ['<a>', '<b>'] }],
  emails: [{ id: 'e1', status: 'all_replied', message_id: '<e1@x>' }],
  replies: [
    { id: 'r1', tracking_id: 'e1', message_id: '<a>', kind: 'reply' },
    { id: 'r2', tracking_id: 'e1', message_id: '<b>', kind: 'reply' },
  ],
  told: [
    { type: 'email.sent', tracking_id: 'e1', about: null },
    { type: 'email.replied', tracking_id: 'e1', about: 'r1' },
    { type: 'email.replied', tracking_id: 'e1', about: 'r2' },
    { type: 'email.all_replied', tracking_id: 'e1', about: null },
  ],
  entries: [
    { mission_id: 'm1', reply_id: 'r1' },
    { mission_id: 'm1', reply_id: 'r2' },
  ],
  ends: [{ mission_id: 'm1', key: 'email_reply:e1' }],
  tasks: [{ id: 't1', status: 'in_progress' }],
  missions: [{ id: 'm1', phase: 'executing' }],
  copies: ['ann@x', 'bob@x', 'ann@x'].map((to) => ({ message_id: '<e1@x>', to, subject: 'Question m1' })),
  unpublished: 0,
});

describe('the check of mail after kills', () => {
  it('lets pass observations where everything happened once', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  const faults: [string, (it: MailObservations) => Partial<MailObservations>, RegExp][] = [
    ['a mail that is lost', () => ({ emails: [] }), /e1 was acknowledged and is lost/],
    [
      'a mail that nobody was told of',
      (it) => ({ emails: [...it.emails, { id: 'e2', status: 'queued', message_id: '<e2@x>' }] }),
      /e2 was acknowledged to nobody/,
    ],
    ['a person it did not reach', (it) => ({ copies: it.copies.slice(0, 1) }), /did not reach bob@x/],
    [
      'two shapes of one mail',
      (it) => ({ copies: it.copies.with(2, { message_id: '<other@x>', to: 'ann@x', subject: 'Question m1' }) }),
      /went to ann@x as <other@x>/,
    ],
    [
      'a sending that was told twice',
      (it) => ({ told: [...it.told, { type: 'email.sent', tracking_id: 'e1', about: null }] }),
      /told to be sent 2 times/,
    ],
    [
      'an answer that was taken and is lost',
      (it) => ({ replies: it.replies.slice(0, 1) }),
      /<b> was taken, and is kept 0 times/,
    ],
    [
      'an answer that is kept twice',
      (it) => ({ replies: [...it.replies, { id: 'r3', tracking_id: 'e1', message_id: '<b>', kind: 'reply' }] }),
      /<b> was taken, and is kept 2 times/,
    ],
    [
      'a reply that was told twice',
      (it) => ({ told: [...it.told, { type: 'email.replied', tracking_id: 'e1', about: 'r1' }] }),
      /reply r1 was told 2 times/,
    ],
    [
      'a reply that the history has twice',
      (it) => ({ entries: [...it.entries, { mission_id: 'm1', reply_id: 'r1' }] }),
      /r1 stands in the history 2 times/,
    ],
    [
      'a reply that the history lacks',
      (it) => ({ entries: it.entries.slice(0, 1) }),
      /r2 stands in the history 0 times/,
    ],
    ['an end that was not told', (it) => ({ told: it.told.slice(0, 3) }), /which was told 0 times/],
    ['a wait that ended twice', (it) => ({ ends: [...it.ends, ...it.ends] }), /its wait ended 2 times/],
    [
      'a task that was not freed',
      () => ({ tasks: [{ id: 't1', status: 'waiting_external' }] }),
      /its task is waiting_external/,
    ],
    ['a mission that waits for ever', () => ({ missions: [{ id: 'm1', phase: 'waiting' }] }), /waits for ever/],
    ['what was never published', () => ({ unpublished: 2 }), /2 events were never published/],
  ];
  for (const [what, change, said] of faults) {
    it(`finds ${what}`, () => {
      const it_ = good();
      expect(violations({ ...it_, ...change(it_) }).join('\n')).to.match(said);
    });
  }
});
