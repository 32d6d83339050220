import { runService } from '@missions/runtime/lifecycle.ts';
import { missionConfig } from './config.ts';
import { startMission } from './service.ts';

await runService('mission', (life) => startMission(life, missionConfig()));
