import { expect } from 'chai';
import { partsOf } from './links.ts';

describe('addresses in the text of others', () => {
  const cases: [string, ReturnType<typeof partsOf>][] = [
    ['no address', ['no address']],
    ['see https://example.com/a?b=1.', ['see ', { href: 'https://example.com/a?b=1', host: 'example.com' }, '.']],
    ['(http://a.example)', ['(', { href: 'http://a.example/', host: 'a.example' }, ')']],
    ['javascript:alert(1)', ['javascript:alert(1)']],
    ['data:text/html,<b>', ['data:text/html,<b>']],
    ['https://bank.example@evil.example/', [{ href: 'https://bank.example@evil.example/', host: 'evil.example' }]],
    ['https://a.example/\u202egpj.exe', [{ href: 'https://a.example/', host: 'a.example' }, '\u202egpj.exe']],
    ['https://', ['https://']],
  ];
  for (const [text, parts] of cases) it(`of ${JSON.stringify(text)}`, () => expect(partsOf(text)).to.deep.equal(parts));
});
