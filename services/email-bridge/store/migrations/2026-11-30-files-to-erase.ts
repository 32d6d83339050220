import { Migration } from '@mikro-orm/migrations';

/** The files of sent messages that an erasure has yet to remove. */
export class ListFilesToErase extends Migration {
  override name = '2026-11-30-files-to-erase';

  override up(): void {
    this.addSql(`create table file_to_erase (
      file text primary key,
      mission_id uuid not null,
      held_until timestamptz(3) not null
    )`);
    this.addSql('create index file_to_erase_mission_id on file_to_erase (mission_id)');
  }
}
