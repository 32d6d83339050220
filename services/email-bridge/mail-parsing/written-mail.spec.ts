import { expect } from 'chai';
import { REPLY_TO } from '../testing/corpus/sample.ts';
import { writtenMail } from '../testing/corpus/written.ts';
import { readMessage } from './message.ts';

describe('mail as people and machines really write it', () => {
  for (const [group, samples] of Object.entries(Object.groupBy(writtenMail, (one) => one.group))) {
    describe(group, () => {
      for (const { name, raw, expected } of samples ?? []) {
        it(`is read: ${name}`, () => {
          const read = readMessage(raw, [REPLY_TO]);
          if (expected.kind !== undefined) expect(read.kind).to.equal(expected.kind);
          if (expected.failed)
            expect(read.failures.map(({ recipient, permanent }) => [recipient, permanent])).to.deep.equal(
              expected.failed,
            );
          if (expected.snippet !== undefined) expect(read.snippet).to.equal(expected.snippet);
          for (const part of expected.snippetHas ?? []) expect(read.snippet).to.contain(part);
          for (const part of expected.snippetLacks ?? []) expect(read.snippet).not.to.contain(part);
          for (const part of expected.textLacks ?? []) expect(read.text).not.to.contain(part);
          if (expected.sender !== undefined) expect(read.from.address).to.equal(expected.sender);
          if (expected.subject !== undefined) expect(read.subject).to.equal(expected.subject);
          if (expected.reference !== undefined) expect(read.references).to.include(expected.reference);
          if (expected.unsure !== undefined)
            expect(read.reading.filter(({ unsure }) => unsure).map(({ stage }) => stage)).to.include(expected.unsure);
        });
      }
    });
  }
});
