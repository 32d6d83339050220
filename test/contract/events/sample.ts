import { readdirSync, readFileSync } from 'node:fs';
import type { EventSubject } from '@missions/contracts/events.ts';
import type { SubjectMessage } from '@missions/messaging/notifications.ts';

/** A message as an earlier version published it. */
export interface Sample {
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
}

export const folder = new URL('../../../shared/contracts/samples/v1/', import.meta.url);
export const sampleFile = (type: string): URL => new URL(`${type}.json`, folder);

export const sampleOf = ({ headers, body }: SubjectMessage): Sample => ({
  headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values[0] as string])),
  data: JSON.parse(body),
});

/** Every golden sample, by its type. */
export const goldenSamples = (): [EventSubject, Sample][] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [
      name.slice(0, -'.json'.length) as EventSubject,
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
    ]);
