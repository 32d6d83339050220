import { expect } from 'chai';
import { join } from 'node:path';
import { SpecQueue } from './queue.ts';
import { root } from './spec-files.ts';

const files = (...names: string[]) => names.map((name) => join(root, name));

describe('the queue of spec files', () => {
  it('hands out the longest files first, others in their order, and each once', () => {
    const queue = new SpecQueue(files('shared/a.spec.ts', 'shared/b.spec.ts', 'test/chaos/mail.spec.ts'));
    const taken = [queue.take(), queue.take(), queue.take(), queue.take()];
    expect(taken).to.deep.equal([
      ...files('test/chaos/mail.spec.ts', 'shared/a.spec.ts', 'shared/b.spec.ts'),
      undefined,
    ]);
  });

  it('holds back the files of a busy lane until the lane is free', () => {
    const queue = new SpecQueue(files('test/e2e/one.spec.ts', 'test/e2e/other.spec.ts', 'shared/a.spec.ts'));
    const first = queue.take() as string;
    expect(first).to.equal(files('test/e2e/one.spec.ts')[0]);
    expect(queue.take()).to.equal(files('shared/a.spec.ts')[0]);
    expect(queue.take()).to.equal(undefined);
    queue.done(first);
    expect(queue.take()).to.equal(files('test/e2e/other.spec.ts')[0]);
  });
});
