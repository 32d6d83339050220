import { type Static, Type } from 'typebox';
import { AskedInputRequest, TaskTexts } from '../approval/input-request.ts';
import { RequestedMail } from '../email/email.ts';
import { Uuid } from '../fields.ts';
import { parser } from '../schema.ts';
import { tolerantReader } from '../tolerant-reader.ts';

/**
 * Readers of the parts of mission events that the approval service and the email-bridge use. They ask for nothing else
 * of the event, so that a change of its other members cannot stop these services. Each throws a `VALIDATION_FAILED`
 * problem if its part is missing or malformed.
 */
export const readInputRequested = parser(tolerantReader(Type.Object({ question: AskedInputRequest })));
/** How a task reads since this event; without `task_texts` the event is about something else. */
export const readTaskTexts = parser(
  tolerantReader(Type.Object({ task: Type.Object({ id: Uuid }), task_texts: Type.Optional(TaskTexts) })),
);
export const readEmailRequested = parser(tolerantReader(Type.Object({ mail: RequestedMail })));

const Unblocked = Type.Object({
  metadata: Type.Object({
    key: Type.String(),
    /** Set for waits for replies; mission services older than this member leave it out. */
    wait_id: Type.Optional(Type.String()),
    resolution: Type.Object({ by: Type.String(), signal: Type.Optional(Type.Object({ id: Type.String() })) }),
  }),
});
/** Which wait ended, and how. */
export type WaitEnd = Static<typeof Unblocked>['metadata'];
export const readUnblocked = parser(Unblocked);
