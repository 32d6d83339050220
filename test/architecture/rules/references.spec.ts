import { expect } from 'chai';
import { citedDecisionsExist, citedSectionsExist, linksLead } from './references.ts';
import { files, places } from './samples.ts';

const documents = files({
  'shared/docs/specification.md': '# Specification\n## 3. Missions\n### 3.5 Input requests\n## 8 Waits\n',
  'shared/docs/decisions/0001-snake-case.md': '# 0001',
});

describe('rule: references', () => {
  it('finds a section that is not there, also in a list and over the end of a line', () => {
    const found = citedSectionsExist(
      files({
        'a.ts': '// specification section 3.6',
        'b.ts': '// see specification sections 3.5 and 9',
        'c.ts': '/**\n * as in specification\n * section 4\n */',
        'd.ts': '// architecture section 1',
        'e.ts': '// SPEC section 3.5',
      }),
      documents,
    );
    expect(places(found)).to.deep.equal(['a.ts:1', 'b.ts:1', 'c.ts:2', 'd.ts:1', 'e.ts:1']);
  });

  it('lets pass sections that are there', () => {
    const found = citedSectionsExist(
      files({ 'a.ts': '// specification section 3; Specification sections 3.5, 3 and 8. In 2026, section 12 of it.' }),
      documents,
    );
    expect(found).to.deep.equal([]);
  });

  it('finds a decision that is not there', () => {
    const sample = files({ 'a.ts': '// decision 0001', 'b.md': 'decisions 0001 and 0002' });
    expect(places(citedDecisionsExist(sample, documents))).to.deep.equal(['b.md:1']);
  });

  it('finds a link to a file or a heading that is not there', () => {
    const sample = files({
      'README.md': '[a](shared/docs/a.md) [b](shared/docs/b.md)\n[c](#the-start) [d](#the-end)\n## The start!\n',
      'shared/docs/a.md':
        '# One `two`\n[up](../../README.md#the-start) [out](../../README.md#nowhere)\n[x](https://x.y)',
    });
    const exists = (path: string): boolean => sample.some((one) => one.path === path);
    expect(places(linksLead(sample, exists))).to.deep.equal(['README.md:1', 'README.md:2', 'shared/docs/a.md:2']);
  });
});
