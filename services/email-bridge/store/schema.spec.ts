import { expect } from 'chai';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { startBridgeUnderTest, type BridgeUnderTest } from '../testing/bridge-under-test.ts';

describe('the schema of the e-mail bridge', () => {
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest();
  });
  after(() => service.stop());

  it('agrees with the entities', async () => {
    expect(await schemaDrift(service.db)).to.equal('');
  });
});
