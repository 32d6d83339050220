import { expect } from 'chai';
import { recipientsInNotice } from './notice-recipients.ts';

const named = (text: string): string[] => recipientsInNotice(text.split('\n')).map(({ address }) => address);

describe('the recipients that a notice in prose names as failed', () => {
  const one = {
    'at the beginning of a line': '<sarah@example.com>: 550 5.1.1 unknown',
    'behind a star': ' * sarah@example.com: 550 no such mailbox',
    'behind a name': 'Sarah Miller (sarah@example.com)\n550 no',
    'behind a label': 'Final recipient: rfc822; sarah@example.com',
    'behind a label in Chinese': '收件人：sarah@example.com\n550 User not found',
    'in quotes': '"sarah@example.com":\n550 no',
    'in a sentence': "Your message to sarah@example.com couldn't be delivered. Please contact help@example.com.",
    'between a server and its answer':
      'host mx.example.com[192.0.2.1] said: 550 5.1.1 <sarah@example.com>... User unknown',
    'and not the sender': 'Your mail from ada@example.com to sarah@example.com was rejected: 550 spam',
    'and not whom to ask':
      'Failed:\n\nsarah@example.com\n\nFor help contact admin@example.com or\npostmaster@example.net',
  };
  for (const [where, text] of Object.entries(one))
    it(`are found ${where}`, () => {
      expect(named(text)).to.deep.equal(['sarah@example.com']);
    });

  const both = {
    'under headings': 'Delivered:\njohn@example.com\n\nNot delivered:\nsarah@example.com',
    'under sentences':
      'The message was delivered to:\n\njohn@example.com\n\nIt could not be delivered to:\n\nsarah@example.com',
    'under German headings':
      'Zugestellt an:\njohn@example.com\n\nNicht zugestellt an:\nsarah@example.com\n550 unbekannt',
    'under headings in the other order':
      'Not delivered to:\n\n<sarah@example.com>: 550\n\nSuccessfully delivered to:\n\n<john@example.com>',
    'each with its result': '<john@example.com>: delivered to mailbox\n<sarah@example.com>: 550 5.1.1 unknown user',
    'each with its code': 'john@example.com   2.0.0 OK\nsarah@example.com  5.1.1 unknown',
    'in one sentence':
      'It was delivered to john@example.com but could not be delivered to sarah@example.com: 550 5.1.1.',
  };
  for (const [how, text] of Object.entries(both))
    it(`leave out who got the mail: ${how}`, () => {
      expect(named(text)).to.deep.equal(['sarah@example.com']);
    });
});
