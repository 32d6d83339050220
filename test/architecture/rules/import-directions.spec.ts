import { expect } from 'chai';
import {
  importDirections,
  layerDirections,
  natsInMessagingOnly,
  nobodyImportsMain,
  productNeedsNoTests,
  relativeImportsStayInside,
} from './import-directions.ts';
import { files, places } from './samples.ts';

describe('rule: import directions', () => {
  it('finds imports against the direction', () => {
    const found = importDirections(
      files({
        'shared/contracts/a.ts': `import '@missions/runtime/clock.ts';`,
        'shared/runtime/a.ts': `import '@missions/messaging/bus.ts';`,
        'shared/messaging/a.ts': `import type { X } from '@missions/persistence/x.ts';`,
        'services/mission/a.ts': `import '@missions/gateway/a.ts';`,
        'services/gateway/a.ts': `const a = await import('../mission/a.ts');`,
        'services/gateway/b.ts': `import '@missions/test-support/stack.ts';`,
        'deploy/local/a.ts': `import '@missions/contracts/subjects.ts';`,
        'services/mission/b.ts': `import '@missions/agent-tools/tools.ts';`,
        'services/agent/a.ts': `import '@missions/messaging/bus.ts';`,
        'shared/agent-tools/a.ts': `import '@missions/persistence/database.ts';`,
      }),
    );
    expect(places(found)).to.deep.equal([
      'shared/contracts/a.ts:1',
      'shared/runtime/a.ts:1',
      'shared/messaging/a.ts:1',
      'services/mission/a.ts:1',
      'services/gateway/a.ts:1',
      'services/gateway/b.ts:1',
      'deploy/local/a.ts:1',
      'services/mission/b.ts:1',
      'services/agent/a.ts:1',
      'shared/agent-tools/a.ts:1',
    ]);
  });

  it('lets pass what goes down, and what specs and tests need', () => {
    const found = importDirections(
      files({
        'services/mission/main.ts': `import '@missions/messaging/bus.ts'; import './config.ts';`,
        'services/gateway/mcp.ts': `import '@missions/agent-tools/tools.ts'; import '@missions/client/client.ts';`,
        'services/mission/main.spec.ts': `import '@missions/test-support/stack.ts';`,
        'shared/messaging/bus.ts': `import '@missions/runtime/logger.ts'; import '@missions/contracts/event.ts';`,
        'test/e2e/a.spec.ts': `import '@missions/gateway/a.ts'; import '@missions/deploy/dev-servers/ports.ts';`,
      }),
    );
    expect(found).to.deep.equal([]);
  });

  it('finds a layer that imports upwards', () => {
    const found = layerDirections(
      files({
        'services/mission/domain/a.ts': `import '../store/a.ts';`,
        'services/mission/store/a.ts': `import '../handlers/a.ts'; import '../config.ts';`,
        'services/mission/handlers/a.ts': `import '../domain/a.ts'; import '../store/a.ts'; import '../config.ts';`,
      }),
    );
    expect(places(found)).to.deep.equal([
      'services/mission/domain/a.ts:1',
      'services/mission/store/a.ts:1',
      'services/mission/store/a.ts:1',
      'services/mission/handlers/a.ts:1',
    ]);
  });

  it('finds product that needs what is there for specs, which may reach what specs may', () => {
    const sample = files({
      'services/mission/handlers/a.ts': `import '../testing/service.ts';`,
      'services/mission/a.spec.ts': `import './testing/service.ts';`,
      'services/mission/testing/service.ts': `import '@missions/test-support/stack.ts';`,
    });
    expect(places(productNeedsNoTests(sample))).to.deep.equal(['services/mission/handlers/a.ts:1']);
    expect(importDirections(sample)).to.deep.equal([]);
  });

  it('finds a relative path into another package', () => {
    expect(
      places(
        relativeImportsStayInside(files({ 'test/a.ts': `import '../shared/runtime/clock.ts'; import './b.ts';` })),
      ),
    ).to.deep.equal(['test/a.ts:1']);
  });

  it('finds who imports a main.ts', () => {
    expect(
      places(nobodyImportsMain(files({ 'test/a.ts': `import '@missions/gateway/main.ts'; import './domain.ts';` }))),
    ).to.deep.equal(['test/a.ts:1']);
  });

  it('finds nats outside of messaging', () => {
    const found = natsInMessagingOnly(
      files({
        'shared/messaging/a.ts': `import 'nats';`,
        'services/mission/a.ts': `import type { Msg } from 'nats';`,
        'test/a.spec.ts': `import 'nats';`,
      }),
    );
    expect(places(found)).to.deep.equal(['services/mission/a.ts:1', 'test/a.spec.ts:1']);
  });
});
