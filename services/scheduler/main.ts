import { run } from '@missions/service-kit/service.ts';
import { scheduler } from './service.ts';

await run(scheduler);
