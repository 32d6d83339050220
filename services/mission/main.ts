import { run } from '@missions/service-kit/service.ts';
import { mission } from './service.ts';

await run(mission);
