import { expect } from 'chai';
import type { Question } from './outcome.ts';
import { approves, editingOf, editsOf, previewsOfAction } from './proposal.ts';

const question = {
  action: { type: 'pay', amount: 120, to: ['a@b.example', 'c@d.example'], urgent: false, method: 'card', text: 'Hi' },
  edits: {
    type: 'object',
    properties: {
      amount: { type: 'number' },
      to: { type: 'array' },
      urgent: { type: 'boolean' },
      method: { type: 'string', enum: ['card', 'cash'] },
      text: { type: 'string' },
    },
  },
} as unknown as Question;

describe('the fields of an action that may be changed', () => {
  const editing = editingOf(question);
  const changed = (typed: Record<string, string>) => editsOf(editing, new Map(Object.entries(typed)));

  it('begin as they are proposed', () => {
    expect(editing.map(({ name, proposed }) => [name, proposed])).to.deep.equal([
      ['amount', '120'],
      ['to', 'a@b.example\nc@d.example'],
      ['urgent', 'false'],
      ['method', 'card'],
      ['text', 'Hi'],
    ]);
    expect(changed({})).to.deep.equal({});
  });

  it('are sent only where they were changed, as what they are', () => {
    expect(changed({ amount: '99.5', to: ' a@b.example\n\n', urgent: 'true', method: 'cash', text: '' })).to.deep.equal(
      {
        ...{ amount: 99.5, to: ['a@b.example'], urgent: true, method: 'cash', text: '' },
      },
    );
    expect(changed({ amount: '120', text: 'Hi' })).to.deep.equal({});
  });

  it('are sent as they were typed where they are not what they should be, so that the server says why', () => {
    expect(changed({ amount: 'much' })).to.deep.equal({ amount: 'much' });
    expect(changed({ amount: '' })).to.deep.equal({ amount: '' });
  });
});

describe('an action', () => {
  it('that is a mail is shown as a mail, and one with a change as a change', () => {
    const mail = previewsOfAction({ type: 'send_email', to: ['a@b.example'], subject: 'Q1', body: 'Dear Ben' });
    expect(mail).to.deep.include({ type: 'send_email' });
    expect(mail.previews.map(({ kind }) => kind)).to.deep.equal(['mail']);
    const edit = previewsOfAction({ type: 'edit', file: 'a.txt', diff: { before: 'a', after: 'b' } });
    expect(edit.previews.map(({ kind }) => kind)).to.deep.equal(['diff', 'fields']);
    expect(previewsOfAction({ type: 'pay', amount: 1 }).previews.map(({ kind }) => kind)).to.deep.equal(['fields']);
  });

  const rows: [ids: string[], approving: string[], hasAction: boolean][] = [
    [['reject', 'approve', 'yes'], ['approve'], true],
    [['no', 'yes', 'later'], ['yes'], true],
    [['cancel', 'send', 'wait'], ['send'], true],
    [['no'], [], true],
    [['tuesday', 'wednesday', 'No'], ['tuesday', 'wednesday'], false],
  ];
  for (const [ids, approving, hasAction] of rows)
    it(`is approved by ${approving.join(', ') || 'nothing'} among ${ids.join(', ')}${hasAction ? '' : ', where there is none'}`, () => {
      const options = ids.map((id) => ({ id, label: id }));
      const asked = { options, action: hasAction ? { type: 'pay' } : null };
      expect(ids.filter((id) => approves(asked, id))).to.deep.equal(approving);
    });
});
