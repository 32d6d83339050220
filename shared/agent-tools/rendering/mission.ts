import type { Mission } from '@missions/contracts/mission/representation.ts';
import { at, inLine, inLines, lines } from './lines.ts';

/** The mission itself, in a few lines. */
export function missionHead(mission: Mission): string {
  const notes = [
    mission.status,
    mission.phase !== mission.status && `phase ${mission.phase}`,
    mission.priority !== 'normal' && `priority ${mission.priority}`,
    mission.due_at && `due ${at(mission.due_at)}`,
    mission.paused_by && `paused by ${mission.paused_by}`,
    mission.outcome && `outcome ${mission.outcome}`,
    mission.can_run_autonomously && 'autonomous',
    mission.needs_attention && 'needs attention',
  ].filter(Boolean);
  const details = JSON.stringify(mission.details);
  return lines(
    `Mission ${mission.id} "${inLine(mission.title, 200)}" [${notes.join(', ')}]${progress(mission)}`,
    mission.description && `Description: ${inLines(mission.description, 1_500)}`,
    mission.summary && `Summary: ${inLines(mission.summary, 1_500)}`,
    details !== '{}' && `Details: ${inLine(details, 1_000)}`,
  );
}

export function progress({ task_counts }: Pick<Mission, 'task_counts'>): string {
  const counts = Object.entries(task_counts);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return total === 0 ? '' : ` ${task_counts['completed'] ?? 0}/${total} done`;
}
