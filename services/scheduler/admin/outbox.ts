import { inspectOutbox } from '@missions/persistence/outbox/inspection.ts';
import { operate } from '@missions/runtime/operating.ts';
import { operatorConfig } from './config.ts';

await operate({}, () => inspectOutbox(operatorConfig().databaseUrl, 'scheduler'));
