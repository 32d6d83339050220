import { run } from '@missions/service-kit/service.ts';
import { approval } from './service.ts';

await run(approval);
