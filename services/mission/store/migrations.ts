import { CreateMissions } from './migrations/2026-11-22-missions.ts';

/** In the order in which they run. */
export const missionMigrations = [CreateMissions];
