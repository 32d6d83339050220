import { expect } from 'chai';
import { mail } from '../../testing/corpus/sample.ts';
import { ReadingNotes } from '../reading.ts';
import { decodeBytes } from './charset.ts';
import { parseMime } from './mime.ts';

const multipart = (boundary: string, body: string): { plain: string; doubts: string[] } => {
  const notes = new ReadingNotes();
  const { texts } = parseMime(mail({ 'Content-Type': `multipart/mixed${boundary}` }, body), notes);
  return { plain: texts.map(({ plain }) => plain.trim()).join('|'), doubts: notes.all.map(({ why }) => why) };
};

describe('the parts of a message', () => {
  const part = 'Content-Type: text/plain\n\nTuesday.\n';
  it('are divided by the declared boundary', () => {
    expect(multipart('; boundary=b', `preamble\n--b\n${part}--b\n${part}--b--\nepilogue`)).to.deep.equal({
      plain: 'Tuesday.|Tuesday.',
      doubts: [],
    });
  });
  it('are found if the boundary is another one, or is not declared, and that is said', () => {
    for (const declared of ['; boundary=other', '; boundary=B', ''])
      expect(multipart(declared, `--b\n${part}--b--\n`), declared).to.deep.equal({
        plain: 'Tuesday.',
        doubts: ['it is nowhere in the message, and another one is'],
      });
  });
  it('are the whole body if there is no boundary at all; a line of dashes is none', () => {
    expect(multipart('; boundary=b', 'Tuesday.\n-- \nSarah\n-----\nx').plain)
      .to.contain('Tuesday.')
      .and.to.contain('Sarah');
  });
});

describe('the charset of a text', () => {
  const undeclared: Record<string, [string, Buffer]> = {
    'Latin-1': ['Grüße aus Köln', Buffer.from('Grüße aus Köln', 'latin1')],
    'Windows-1251': ['Добрый день', Buffer.from('c4eee1f0fbe920e4e5edfc', 'hex')],
    'KOI8-R': ['Добрый день', Buffer.from('e4cfc2d2d9ca20c4c5ced8', 'hex')],
    Shift_JIS: ['火曜日で大丈夫です。', Buffer.from('89ce976a93fa82c591e58fe4957682c582b78142', 'hex')],
    'EUC-KR': ['화요일은', Buffer.from('c8adbfe4c0cfc0ba', 'hex')],
    GBK: ['星期二可以的。', Buffer.from('d0c7c6dab6febfc9d2d4b5c4a1a3', 'hex')],
  };
  for (const [charset, [text, bytes]] of Object.entries(undeclared))
    it(`is guessed if it is not declared: ${charset}`, () => {
      expect(decodeBytes(bytes)).to.deep.equal({ text, doubt: 'the charset is not declared, and was guessed' });
    });
  it('is what it is declared to be, unless the bytes say otherwise', () => {
    expect(decodeBytes(Buffer.from('p\xf8\xedli\x9a', 'latin1'), { declared: 'cp1250' })).to.deep.equal({
      text: 'příliš',
      doubt: '',
    });
    expect(decodeBytes(Buffer.from('Grüße'), { declared: 'iso-8859-1' }).text).to.equal('Grüße');
    expect(decodeBytes(Buffer.from('Grüße', 'latin1'), { declared: 'utf-8' }).text).to.equal('Grüße');
    expect(decodeBytes(Buffer.from('Grüße', 'latin1'), { isHtml: true, declared: '' }).text).to.equal('Grüße');
  });
});
