import { expect } from 'chai';
import type { Reply } from '@missions/contracts/email/email.ts';
import { checkedText } from './emails.ts';

describe('replies as a model is shown them', () => {
  const reply = (at: number, kind: Reply['kind'], text: string): Reply => ({
    id: `reply-${at}`, tracking_id: 'mail', kind, from_address: `${at}@example.com`, received_at: new Date(Date.UTC(2026, 5, 1, 12, at)).toISOString(), notified_at: null, parsed_response: null,
    untrusted: { from_name: '', snippet: text, body_text: text },
  });
  const checked = (replies: Reply[]) => ({ replies, new_replies: replies.toReversed(), pending: [], all_replied: true });

  it('are people’s answers first: whoever knows the address cannot hide them', () => {
    const noise = Array.from({ length: 150 }, (_, at) => reply(50 - (at % 50), at % 2 ? 'auto_reply' : 'unattributed', 'noise'));
    for (const all of [true, false]) {
      const text = checkedText(checked([...noise, reply(0, 'reply', 'Tuesday at ten.')]), all);
      expect(text).to.contain('Tuesday at ten.').and.to.contain('115 further replies');
      expect(text.indexOf('Tuesday at ten.')).to.be.lessThan(text.indexOf('noise'));
    }
  });

  it('are all there when thirty were asked, each as long as there is room for', () => {
    const text = checkedText(checked(Array.from({ length: 30 }, (_, at) => reply(at, 'reply', `answer ${at}.`.padEnd(900, 'x')))), true);
    for (let at = 0; at < 30; at += 1) expect(text).to.contain(`answer ${at}.`);
    expect(text.length).to.be.lessThan(45_000);
  });
});
