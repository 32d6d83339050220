import { expect } from 'chai';
import { recipientBehind } from './recipients.ts';
import type { Recipient } from './state.ts';

const recipient = (address: string): Recipient => ({ address, expected: true, outcome: 'pending', reply_id: null });

describe('the recipient behind an address', () => {
  it('is known by both names of a provider whose mailboxes have two', () => {
    const recipients = [recipient('sarah@gmail.com'), recipient('john@googlemail.com')];
    expect(recipientBehind(recipients, 'Sarah@GoogleMail.com')?.address).to.equal('sarah@gmail.com');
    expect(recipientBehind(recipients, 'john@gmail.com')?.address).to.equal('john@googlemail.com');
    expect(recipientBehind(recipients, 'sarah@gmail.example')).to.equal(undefined);
  });
});
