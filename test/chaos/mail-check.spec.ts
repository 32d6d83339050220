import { expect } from 'chai';
import type { MailObservations } from './mail-observations.ts';
import { violations } from './mail-check.ts';

/** A run without faults: one e-mail to two people who both replied. The first person's second copy is no fault. */
const good = (): MailObservations => ({
  written: [{ missionId: 'm1', taskId: 't1', trackingId: 'e1', people: ['ann@x', 'bob@x'], taken: ['<a>', '<b>'] }],
  emails: [{ id: 'e1', status: 'all_replied', message_id: '<e1@x>' }],
  replies: [
    { id: 'r1', tracking_id: 'e1', message_id: '<a>', kind: 'reply' },
    { id: 'r2', tracking_id: 'e1', message_id: '<b>', kind: 'reply' },
  ],
  events: [
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
  it('reports nothing if everything happened once', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  const faults: [string, (it: MailObservations) => Partial<MailObservations>, RegExp][] = [
    ['a lost e-mail', () => ({ emails: [] }), /e1 was acknowledged and is lost/],
    [
      'an e-mail that was acknowledged to no caller',
      (it) => ({ emails: [...it.emails, { id: 'e2', status: 'queued', message_id: '<e2@x>' }] }),
      /e2 was acknowledged to no caller/,
    ],
    ['a recipient who was not reached', (it) => ({ copies: it.copies.slice(0, 1) }), /did not reach bob@x/],
    [
      'two Message-IDs of one e-mail',
      (it) => ({ copies: it.copies.with(2, { message_id: '<other@x>', to: 'ann@x', subject: 'Question m1' }) }),
      /went to ann@x as <other@x>/,
    ],
    [
      'a sending that was published twice',
      (it) => ({ events: [...it.events, { type: 'email.sent', tracking_id: 'e1', about: null }] }),
      /e1 has 2 events email\.sent/,
    ],
    [
      'an accepted reply that is lost',
      (it) => ({ replies: it.replies.slice(0, 1) }),
      /<b> was accepted, and is stored 0 times/,
    ],
    [
      'a reply that is stored twice',
      (it) => ({ replies: [...it.replies, { id: 'r3', tracking_id: 'e1', message_id: '<b>', kind: 'reply' }] }),
      /<b> was accepted, and is stored 2 times/,
    ],
    [
      'a reply that was published twice',
      (it) => ({ events: [...it.events, { type: 'email.replied', tracking_id: 'e1', about: 'r1' }] }),
      /reply r1 was published 2 times/,
    ],
    [
      'a reply that the history records twice',
      (it) => ({ entries: [...it.entries, { mission_id: 'm1', reply_id: 'r1' }] }),
      /r1 stands in the history 2 times/,
    ],
    [
      'a reply that the history lacks',
      (it) => ({ entries: it.entries.slice(0, 1) }),
      /r2 stands in the history 0 times/,
    ],
    [
      'an unpublished end of a wait',
      (it) => ({ events: it.events.slice(0, 3) }),
      /email\.all_replied was published 0 times/,
    ],
    ['a wait that ended twice', (it) => ({ ends: [...it.ends, ...it.ends] }), /its wait ended 2 times/],
    [
      'a task that was not resumed',
      () => ({ tasks: [{ id: 't1', status: 'waiting_external' }] }),
      /its task is waiting_external/,
    ],
    ['a mission that waits forever', () => ({ missions: [{ id: 'm1', phase: 'waiting' }] }), /waits for ever/],
    ['events that were never published', () => ({ unpublished: 2 }), /2 events were never published/],
  ];
  for (const [what, change, message] of faults) {
    it(`finds ${what}`, () => {
      const observations = good();
      expect(violations({ ...observations, ...change(observations) }).join('\n')).to.match(message);
    });
  }
});
