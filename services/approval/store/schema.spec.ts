import { expect } from 'chai';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { startServiceUnderTest, type ServiceUnderTest } from '../testing/service.ts';

describe('the approval schema', function () {
  this.timeout(20_000);
  let service: ServiceUnderTest;
  before(async () => {
    service = await startServiceUnderTest();
  });
  after(() => service.stop());

  it('is what the entities say', async () => {
    expect(await schemaDrift(service.db)).to.equal('');
  });
});
