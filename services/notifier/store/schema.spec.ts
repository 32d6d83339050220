import { expect } from 'chai';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/context.ts';
import { notifier } from '../service.ts';

describe('the notifier schema', function () {
  this.timeout(20_000);
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(notifier);
  });
  after(() => service.stop());

  it('has no drift between migrations and entities', async () => {
    expect(await schemaDrift(service.db)).to.equal('');
  });
});
