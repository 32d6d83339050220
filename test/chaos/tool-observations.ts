import type { ToolMission, ToolRounds, ToolWrite } from './tool-rounds.ts';

/** What agents did by MCP calls, and what the services' tables hold of it. */
export interface ToolObservations {
  readonly played: readonly ToolMission[];
  readonly writes: readonly ToolWrite[];
  readonly missions: readonly { id: string; title: string; status: string }[];
  readonly notes: readonly string[];
  readonly questions: readonly { id: string; prompt: string; status: string; text: string | null }[];
}

const queries: Record<'missions' | 'notes' | 'questions', string> = {
  missions: `select id::text, title, status from mission.mission where title like 'mission by tools %'`,
  notes: `select content from mission.mission_event where content like 'note by tools %'`,
  questions: `select id::text, prompt, status, response ->> 'freeform_text' as text from approval.input_request
               where prompt like 'question by tools %'`,
};

export async function observeTools(
  rows: <Row>(sql: string) => Promise<Row[]>,
  { missions: played, writes }: ToolRounds,
): Promise<ToolObservations> {
  return {
    played,
    writes,
    missions: await rows<ToolObservations['missions'][number]>(queries.missions),
    notes: (await rows<{ content: string }>(queries.notes)).map(({ content }) => content),
    questions: await rows<ToolObservations['questions'][number]>(queries.questions),
  };
}
