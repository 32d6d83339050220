import { run } from '@missions/service-kit/service.ts';
import { notifier } from './service.ts';

await run(notifier);
