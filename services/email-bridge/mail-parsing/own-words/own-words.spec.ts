import { expect } from 'chai';
import { ReadingNotes } from '../reading.ts';
import { readTable } from '../tables/table.ts';
import { ownWords } from './own-words.ts';

const ANSWER = 'Tuesday at ten is fine.';
const ADA = 'Ada <reply@missions.example>';

function read(text: string): { words: string; unsure: boolean; left: string[] } {
  const notes = new ReadingNotes();
  const words = ownWords(text, { name: 'Sarah Miller', subject: 'Re: Q1 budget' }, notes);
  return { words, unsure: notes.all.some(({ unsure }) => unsure), left: notes.all.map(({ why }) => why) };
}

describe("a sender's own words", () => {
  describe('are what is left above a quote', () => {
    const date = 'Tue, 13 Jan 2026, 09:12';
    for (const [language, program, template = ''] of readTable('attributions')) {
      const line = template.replace('{date}', date).replace('{who}', ADA);
      it(`with ${line} (${language}, ${program})`, () => {
        expect(read(`${ANSWER}\n\n${line}\n\n> when can we meet?\n`).words).to.equal(ANSWER);
        expect(read(`No.\n${ANSWER}\n${line}\n> when?\n`).words, 'right below the answer').to.equal(`No.\n${ANSWER}`);
        if (template.includes('{who}') && template.includes('{date}'))
          expect(read(`${ANSWER}\n\n${line}\n\nHello Sarah,\nwhen?\n`).words, 'without marks').to.equal(ANSWER);
      });
    }
  });

  const wrapped = {
    'before its verb': `On Tue, Jan 13, 2026 at 9:12 AM ${ADA}\nwrote:`,
    'within its address': 'On Tue, Jan 13, 2026 at 9:12 AM\nAda <\nreply@missions.example> wrote:',
    'before its last bracket': 'Am Di., 13. Jan. 2026 um 09:12 Uhr schrieb Ada <reply@missions.example\n>:',
    'in a language whose lines begin with the date': `вт, 13 янв. 2026 г. в 09:12, ${ADA}\nнаписал(а):`,
    'before its address': '2026年1月13日(火) 9:12 Ada\n<reply@missions.example>:',
  };
  for (const [how, line] of Object.entries(wrapped))
    it(`are whole if the attribution is broken ${how}`, () => {
      expect(read(`No.\nI am away.\n${line}\n> when?\n`).words).to.equal('No.\nI am away.');
    });

  const kept = {
    'told of somebody': 'Yes.\n\nOn Tuesday at 10:00 John wrote:\nthe room is free,\nso let us take it.',
    'with addresses in a list': 'The guests:\nAnn <ann@example.com>\nBob <bob@example.com>\nThey come at 10:00.',
    'that are options between dashes': 'Options:\n--\nTuesday at ten\n--\nWednesday at noon',
    'below a word of thanks': 'Thanks,\nTuesday works.',
    'about a journey': 'Von: Berlin\nNach: Hamburg\nDatum: 20.01.2026\nBitte buchen.',
    'about days': 'From: 20 January 2026\nTo: 25 January 2026\nSubject: holidays\n\nI am away then.',
    'about what was sent': 'Sent from the office: the keys. Please confirm.',
    'about an external sender': 'The external sender of the parcel is DHL.\n\nBye',
    'about a confidential e-mail': 'I think this e-mail is confidential, so do not forward it.\n\nTuesday is fine.',
    'with a postscript': 'Tuesday.\n\nSarah\n\nP.S. Room 4.',
    'below a divider of dashes': 'Tuesday works.\n\n---\n\nAlso: please send the contract to John by 10:00.',
    'with a telephone number in a sentence': 'You can reach me under +1 555 0100.',
    'that begin like the line of a phone': 'Gesendet habe ich dir den Vertrag mit meinem Handy gestern.\nHast du ihn?',
    'told with an address and a date': 'I wrote to Ann <ann@example.com> on 13.01.2026 09:12:\nplease come.',
    'about a desk and a phone': 'Here it is.\n\nSent from my desk, which is easier than my mobile phone.',
    'about a mailing list': 'Tuesday is fine.\n\nTell me at https://example.com how to leave the mailing list.',
    'that only begin like a warning': 'Attention: an external sender moved the meeting.\n\nTuesday.',
    'that begin like a closing': 'Regards\nthe budget, I agree.\nSarah',
    'between titles of dashes': '--- Tuesday ---\nWe meet.\n--- Wednesday ---\nWe rest.',
    'of a single mark': '?',
  };
  for (const [what, text] of Object.entries(kept))
    it(`are kept: ${what}`, () => {
      expect(read(`${text}\n`).words).to.equal(text);
    });

  it('end above a header block, in any language of the table', () => {
    const languages = Map.groupBy(readTable('header-labels'), ([language = '']) => language);
    for (const [language, rows] of languages) {
      const label = (kind: string): string => rows.find((row) => row[1] === kind)?.[2] ?? '';
      const [from, date, to, subject] = ['from', 'date', 'to', 'subject'].map(label);
      if ([from, date, to, subject].includes('')) continue;
      const values = {
        [`${from}`]: ADA,
        [`${date}`]: '13.01.2026 09:12',
        [`${to}`]: 'Sarah',
        [`${subject}`]: 'Q1 budget',
      };
      for (const around of ['', '*']) {
        const block = Object.entries(values).map(([name, value]) => `${around}${name}:${around} ${value}`);
        expect(read(`${ANSWER}\n\n${block.join('\n')}\n\nwhen?\n`).words, language).to.equal(ANSWER);
        expect(read(`${ANSWER}\n${block.toReversed().join('\n')}\n\nwhen?\n`).words, language).to.equal(ANSWER);
      }
    }
  });

  it('stand between marked lines and below them, however the attribution above looks', () => {
    expect(
      read(`Hi,\n\nOn 13 Jan 2026 09:12 ${ADA} wrote:\n[...]\n> when?\nTuesday.\n> where?\nRoom 4.\n`).words,
    ).to.equal('Hi,\n\nTuesday.\n\nRoom 4.');
    expect(
      read(`On 13 Jan 2026 09:12 ${ADA} wrote:\n\nAL> when?\n\nTuesday.\n\nAL> where?\n\nRoom 4.\n`).words,
    ).to.equal('Tuesday.\n\nRoom 4.');
  });

  it('do not go on in an unmarked quote that holds a marked one', () => {
    const text = `${ANSWER}\n\nOn 13 Jan 2026 09:12 ${ADA} wrote:\n\nHello Sarah\n\nOn 12 Jan 2026 09:12 Sarah <s@example.com> wrote:\n> Hi\n`;
    expect(read(text).words).to.equal(ANSWER);
  });

  it('are the forwarded ones if there are no others, and that is said', () => {
    const forward =
      '---------- Forwarded message ---------\nFrom: John <john@example.com>\nSubject: room\n\nRoom 4 is free.\n';
    expect(read(forward).words).to.equal('Room 4 is free.');
    const below = read(`On 13 Jan 2026 09:12 ${ADA} wrote:\n\nHello Sarah\n\n${ANSWER}\n`);
    expect(below.words).to.contain(ANSWER);
    expect(below.unsure).to.equal(true);
  });

  it('end before a signature, in any language of the table', () => {
    for (const [, , closing = ''] of readTable('sign-offs'))
      expect(read(`${ANSWER}\n\n${closing},\nSarah Miller\nExample Ltd\n+1 555 0100\n`).words, closing).to.equal(
        ANSWER,
      );
    for (const separator of ['-- ', '--', '—', '____'])
      expect(read(`${ANSWER}\n\n${separator}\nSarah Miller\n+1 555 0100\n`).words, separator).to.equal(ANSWER);
    expect(read(`${ANSWER}\n\n—\nJohn Doe\nCEO at Pandaland\n`).words, 'another name').to.equal(ANSWER);
    expect(read(`${ANSWER}\n\nSarah Miller\nHead of Budgets\n+1 555 0100\n`).words).to.equal(ANSWER);
  });

  it('say what was left out of them, in no word of the sender', () => {
    const { left, unsure } = read(`${ANSWER}\n\n-- \nSarah\n\nOn 13 Jan 2026 09:12 ${ADA} wrote:\n\n> when?\n`);
    expect(left).to.deep.equal(['marked with >', 'below a separator or a closing']);
    expect(unsure).to.equal(false);
  });
});
