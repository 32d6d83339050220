import { inspectOutbox } from '@missions/persistence/outbox/inspection.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { operatorConfig } from './config.ts';

await runAdminProgram({}, () => inspectOutbox(operatorConfig().databaseUrl, 'email-bridge'));
