import { run } from '@missions/service-kit/service.ts';
import { emailBridge } from './service.ts';

await run(emailBridge);
