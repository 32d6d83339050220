import { expect } from 'chai';
import { previewsOf } from './previews.ts';

const lines = (diff: unknown): string[] => {
  const [preview] = previewsOf({ diff });
  return preview?.kind === 'diff' ? preview.lines.map(({ mark, text }) => `${mark}${text}`) : [];
};

describe('what an agent sent along', () => {
  it('is a mail with its heads in their order, its body, and whatever else it has', () => {
    const mail = { body: 'Dear Ben', subject: 'Q1', to: ['a@b.example', 'c@d.example'], attachments: ['plan.pdf'] };
    const [preview] = previewsOf({ mail });
    expect(preview).to.deep.equal({
      kind: 'mail',
      heads: [
        { name: 'To', content: { kind: 'text', text: 'a@b.example, c@d.example' } },
        { name: 'Subject', content: { kind: 'text', text: 'Q1' } },
      ],
      body: 'Dear Ben',
      rest: [{ name: 'Attachments', content: { kind: 'list', items: [{ kind: 'text', text: 'plan.pdf' }] } }],
    });
  });

  const diffs: [name: string, diff: unknown, expected: string[]][] = [
    [
      'a unified diff',
      '--- a\n+++ b\n@@ -1 +1 @@\n same\n-old\n+new',
      ['@--- a', '@+++ b', '@@@ -1 +1 @@', ' same', '-old', '+new'],
    ],
    ['two texts', { before: 'a\nb\nc', after: 'a\nx\nc\nd' }, [' a', '-b', '+x', ' c', '+d']],
    ['two texts that are the same', { before: 'a', after: 'a' }, [' a']],
    ['a text that is new', { before: '', after: 'a\nb' }, ['-', '+a', '+b']],
    ['signs that nobody sees', '+a\u202eb\u200bc', ['+a⟨U+202E⟩b⟨U+200B⟩c']],
  ];
  for (const [name, diff, expected] of diffs)
    it(`is a change: ${name}`, () => expect(lines(diff)).to.deep.equal(expected));

  it('is a change of two texts that are too long to be compared: all of one and all of the other', () => {
    const text = (word: string): string => Array.from({ length: 1_500 }, (_, line) => `${word} ${line}`).join('\n');
    expect(lines({ before: text('old'), after: text('new') })).to.have.length(3_000);
  });

  it('is fields by the names of the agent, before everything else', () => {
    const fields = [
      { label: 'total_cost', value: [1] },
      { label: '', value: null },
    ];
    const [preview] = previewsOf({ mail: { subject: '', body: '' }, fields });
    expect(preview).to.deep.equal({
      kind: 'fields',
      fields: [
        { name: 'total_cost', content: { kind: 'list', items: [{ kind: 'text', text: '1' }] } },
        { name: '–', content: { kind: 'text', text: '–' } },
      ],
    });
  });

  const plain: Record<string, unknown>[] = [
    { mail: 'tomorrow' },
    { mail: { subject: 'no body' } },
    { mail: { subject: 1, body: 'x' } },
    { diff: 7 },
    { diff: { before: 'a', after: 'b', between: 'c' } },
    { fields: [{ label: 'x', value: 1, hidden: 2 }] },
    { fields: [] },
    JSON.parse('{"__proto__": {"mail": 1}}') as Record<string, unknown>,
  ];
  for (const context of plain)
    it(`is read as it is: ${JSON.stringify(context)}`, () => {
      const previews = previewsOf(context);
      expect(previews.map(({ kind }) => kind)).to.deep.equal(['fields']);
      expect(previews[0]?.kind === 'fields' && previews[0].fields).to.have.length(1);
    });
});
