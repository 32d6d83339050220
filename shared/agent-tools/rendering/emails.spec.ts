import { expect } from 'chai';
import type { PendingEmail, Reply } from '@missions/contracts/email/email.ts';
import { checkedText } from './emails.ts';

describe('replies as a model is shown them', () => {
  const reply = (at: number, kind: Reply['kind'], text: string): Reply => ({
    id: `reply-${at}`,
    tracking_id: 'mail',
    kind,
    from_address: `${at}@example.com`,
    received_at: new Date(Date.UTC(2026, 5, 1, 12, at)).toISOString(),
    notified_at: null,
    parsed_response: null,
    untrusted: { from_name: '', snippet: text, body_text: text },
  });
  const checked = (replies: Reply[]) => ({
    replies,
    new_replies: replies.toReversed(),
    pending: [],
    all_replied: true,
  });

  it('start with the recipients’ replies, so that other mail to the address cannot hide them', () => {
    const noise = Array.from({ length: 150 }, (_, at) =>
      reply(50 - (at % 50), at % 2 ? 'auto_reply' : 'unattributed', 'noise'),
    );
    for (const all of [true, false]) {
      const text = checkedText(checked([...noise, reply(0, 'reply', 'Tuesday at ten.')]), all);
      expect(text).to.contain('Tuesday at ten.').and.to.contain('115 further replies');
      expect(text.indexOf('Tuesday at ten.')).to.be.lessThan(text.indexOf('noise'));
    }
  });

  it('say that they were written from another address, or that their sender is forged', () => {
    const elsewhere = { ...reply(1, 'reply', 'Tuesday.'), recipient: 'sarah@example.com' };
    expect(checkedText(checked([elsewhere]), true)).to.contain(
      'Reply reply-1 of "sarah@example.com" (written from another address, "1@example.com")',
    );
    expect(checkedText(checked([{ ...elsewhere, recipient: '1@example.com' }]), true)).not.to.contain(
      'another address',
    );
    const forged = { ...reply(1, 'unattributed', 'x'), authentication: { spf: null, dkim: null, dmarc: 'fail' } };
    expect(checkedText(checked([forged]), true)).to.contain('sender is forged: DMARC failed (no answer)');
  });

  it("say in one line, outside of the sender's text, that reading them was a guess", () => {
    const note = {
      stage: 'own_words',
      what: '3 lines of a quote',
      why: 'below an attribution',
      unsure: false,
    } as const;
    const sure = { ...reply(1, 'reply', 'Tuesday.'), reading: [note] };
    expect(checkedText(checked([sure]), true)).not.to.contain('unsure');
    const unsure = { ...sure, reading: [note, { ...note, unsure: true }] };
    expect(checkedText(checked([unsure]), true)).to.contain(
      'Reading was unsure: 3 lines of a quote (below an attribution). Read the whole text before you rely on it.\n',
    );
  });

  it('are all included for thirty recipients, each cut to its share of the room', () => {
    const text = checkedText(
      checked(Array.from({ length: 30 }, (_, at) => reply(at, 'reply', `answer ${at}.`.padEnd(900, 'x')))),
      true,
    );
    for (let at = 0; at < 30; at += 1) expect(text).to.contain(`answer ${at}.`);
    expect(text.length).to.be.lessThan(45_000);
  });
});

const pending = (more: Partial<PendingEmail>): PendingEmail => ({
  tracking_id: 'e1',
  mission_id: null,
  task_id: null,
  subject: 'When?',
  status: 'some_replied',
  sent_at: null,
  expires_at: '2027-01-25T09:00:00.000Z',
  pending_from: ['sarah@example.com'],
  received_from: [],
  bounced: [],
  ...more,
});
const aReply = (number: number): Reply => ({
  id: `r${number}`,
  tracking_id: 'e1',
  kind: 'reply',
  from_address: 'sarah@example.com',
  received_at: '2027-01-18T09:00:00.000Z',
  notified_at: null,
  parsed_response: null,
  untrusted: { from_name: '', snippet: `Text ${number}.`, body_text: `Text ${number}.` },
});
const replies = (count: number): Reply[] => Array.from({ length: count }, (_, at) => aReply(at));
const checked = (emails: PendingEmail[], found: Reply[] = [], fresh = found) => ({
  replies: found,
  new_replies: fresh,
  pending: emails,
  all_replied: emails.length === 0,
});

describe('what a check of replies says', () => {
  it('lists the recipients who have not replied and who were not reached', () => {
    const text = checkedText(
      checked([
        pending({ status: 'expired' }),
        pending({ tracking_id: 'e2', status: 'bounced', pending_from: [], bounced: ['john@example.com'] }),
      ]),
      false,
    );
    expect(text)
      .to.contain('Ended without an answer of everybody')
      .and.to.contain('e1 [expired] "When?"; no answer from "sarah@example.com" by 2027-01-25 09:00Z')
      .and.to.contain('e2 [bounced] "When?"; undeliverable to "john@example.com"');
    expect(text)
      .to.contain('decide without them')
      .and.to.contain('email_send_followup still reminds')
      .and.not.to.contain('Still awaited')
      .and.not.to.contain('Nothing is awaited');
    expect(
      checkedText(checked([pending({ status: 'bounced', pending_from: [], bounced: ['john@example.com'] })]), false),
    ).not.to.contain('email_send_followup');
  });

  it('lists the recipients who are still awaited separately', () => {
    const text = checkedText(checked([pending({ tracking_id: 'open' }), pending({ status: 'expired' })]), false);
    expect(text)
      .to.match(/Still awaited:\nE-mail open .*\nEnded without/)
      .and.to.contain('the mission goes on when they answer');
    expect(checkedText(checked([]), false)).to.contain('Nothing is awaited any more');
  });

  it('counts the omitted entries', () => {
    const many = Array.from({ length: 23 }, (_, at) => pending({ tracking_id: `e${at}` }));
    const people = Array.from({ length: 25 }, (_, at) => `person${at}@example.com`);
    expect(checkedText(checked(many), false)).to.contain('and 3 more e-mails, not shown here');
    expect(checkedText(checked(many.map((it) => ({ ...it, status: 'expired' as const }))), false)).to.contain(
      'and 3 more e-mails, not shown here',
    );
    expect(checkedText(checked([pending({ pending_from: people })]), false)).to.contain(
      '"person19@example.com" and 5 more until',
    );
    expect(checkedText(checked([], replies(45), replies(40)), false))
      .to.contain('4 further replies are not shown')
      .and.to.contain('5 replies were seen before');
    expect(checkedText(checked([], replies(45), []), true))
      .to.contain('9 further replies are not shown')
      .and.not.to.contain('were seen before');
  });
});
