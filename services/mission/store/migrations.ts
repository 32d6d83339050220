import { CreateMissions } from './migrations/2026-11-22-missions.ts';
import { MarkMailed } from './migrations/2026-11-23-mailed.ts';
import { IndexOutboxOfMission } from './migrations/2026-11-23-outbox-of-mission.ts';

/** In the order in which they run. */
export const missionMigrations = [CreateMissions, IndexOutboxOfMission, MarkMailed];
