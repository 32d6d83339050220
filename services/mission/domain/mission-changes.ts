import type { MissionChangeKind } from '@missions/contracts/mission/changes.ts';
import type { LoggableEventType, MissionStatus, Phase } from '@missions/contracts/mission/vocabulary.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { type Actor, type MissionChange, Refused } from './decision.ts';
import { type Blocker, byOrder, type Json, type Mission, statusOf, type Task } from './state.ts';

interface Note {
  logged?: LoggableEventType;
  title?: string;
  content?: string;
  task_id?: string | null;
  metadata?: Json;
  event?: Json;
}

/**
 * The time, the actor and the source of new ids (UUIDv7, specification section 3), which a command does not choose
 * itself.
 */
export interface CommandContext {
  readonly at: string;
  readonly actor: Actor;
  readonly newId: () => string;
}

/**
 * The time of a command that follows on all earlier ones of its mission: never before them. Copies of the service read
 * the database's clock a few milliseconds apart, and readers of a user's stream would see effects before their causes.
 */
export function timeOfCommand({ updated_at }: Pick<Mission, 'updated_at'>, now: Date): string {
  const at = now.toISOString();
  return at < updated_at ? updated_at : at;
}

/**
 * Builds the next state of a mission and the changes that record it. Each command has its own builder, so `decide`
 * stays pure from outside.
 *
 * The history shows every change of status or phase: `record` adds the old and the new value to the entry that it
 * writes, and `close` adds a `status_changed` entry if the last change of status or phase is in no entry yet.
 */
export class ChangeBuilder {
  readonly at: string;
  readonly actor: Actor;
  readonly newId: () => string;
  mission: Mission;
  /** The changes so far, in order: the entries of the history and the events that the command causes. */
  readonly recorded: MissionChange[] = [];
  private recordedAs: { status: MissionStatus; phase: Phase };

  constructor(mission: Mission, { at, actor, newId }: CommandContext) {
    this.mission = mission;
    this.at = at;
    this.actor = actor;
    this.newId = newId;
    this.recordedAs = { status: statusOf(mission), phase: mission.phase };
  }

  set(fields: Partial<Mission>): void {
    this.mission = { ...this.mission, ...fields };
  }

  task(id: string): Task {
    const found = this.mission.tasks.find((task) => task.id === id);
    if (!found) throw new Refused('TASK_NOT_FOUND', `This mission has no task ${id}.`);
    return found;
  }

  setTask(id: string, fields: Partial<Task>): Task {
    const next = { ...this.task(id), ...fields, updated_at: this.at };
    const tasks = this.mission.tasks.map((task) => (task.id === id ? next : task));
    this.set({ tasks: fields.order === undefined ? tasks : tasks.toSorted(byOrder) });
    return next;
  }

  addTasks(tasks: readonly Task[]): void {
    this.set({ tasks: [...this.mission.tasks, ...tasks].toSorted(byOrder) });
  }

  addBlocker(blocker: Blocker): void {
    this.set({ blockers: [...this.mission.blockers, blocker] });
  }

  setBlocker(id: string, fields: Partial<Blocker>): void {
    this.set({
      blockers: this.mission.blockers.map((blocker) => (blocker.id === id ? { ...blocker, ...fields } : blocker)),
    });
  }

  endBlocker(id: string, resolution: Json): void {
    this.setBlocker(id, { resolved_at: this.at, resolution });
  }

  record(kind: MissionChangeKind, note: Note = {}): void {
    const status = statusOf(this.mission);
    const { phase } = this.mission;
    const moved: Record<string, unknown> = {};
    if (status !== this.recordedAs.status) moved['status'] = { from: this.recordedAs.status, to: status };
    if (phase !== this.recordedAs.phase) moved['phase'] = { from: this.recordedAs.phase, to: phase };
    this.recordedAs = { status, phase };
    this.recorded.push({
      kind,
      ...(note.logged && { logged: note.logged }),
      title: truncate(note.title ?? '', 500),
      content: note.content ?? '',
      task_id: note.task_id ?? null,
      metadata: { ...note.metadata, ...moved },
      ...(note.event && { event: note.event }),
    });
  }

  /** Call after the last change: makes sure that the history ends on the mission's current status and phase. */
  close(): void {
    const status = statusOf(this.mission);
    if (status !== this.recordedAs.status || this.mission.phase !== this.recordedAs.phase) {
      this.record('status_changed', {
        title: `${this.recordedAs.status} (${this.recordedAs.phase}) → ${status} (${this.mission.phase})`,
      });
    }
  }
}
