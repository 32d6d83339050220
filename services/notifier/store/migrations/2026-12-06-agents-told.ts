import { Migration } from '@mikro-orm/migrations';

/** What an agent has told its user. A migration that has run is never edited. */
export class NoteWhatAgentsTold extends Migration {
  override name = '2026-12-06-agents-told';

  override up(): void {
    this.addSql('alter table subject add column agent_told_at timestamptz(3)');
  }
}
