import { expect } from 'chai';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';

describe('the approval schema', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
  });
  after(() => service.stop());

  it('has no drift between migrations and entities', async () => {
    expect(await schemaDrift(service.db)).to.equal('');
  });
});
