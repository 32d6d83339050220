import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import { blockerKinds } from '@missions/contracts/mission/vocabulary.ts';
import { type Static, Type } from 'typebox';
import { hours, object, oneOf, optionalText, text, texts } from '../fields.ts';

/** What a task may wait for: the user is asked by mission_ask_user. */
export const awaited = blockerKinds.filter((kind) => kind !== 'human_input');

/** A step of a plan as a model gives it. */
export const newTask = {
  title: text('what is to be done'),
  description: optionalText(),
  ref: optionalText('a short name, for depends_on in this call'),
  depends_on: Type.Optional(texts('task ids or refs that must be done first')),
  wait_for: Type.Optional(
    Type.Object(
      {
        kind: oneOf(awaited),
        reference: optionalText('of the thing awaited; default: the task id'),
        timeout_hours: hours('default 24'),
        reason: optionalText(),
      },
      { additionalProperties: false, description: 'the task only waits for something outside' },
    ),
  ),
};
export const PlannedTask = object(newTask);
export type PlannedTask = Static<typeof PlannedTask>;

export const bodyOf = ({ title, description, ref, depends_on, wait_for }: PlannedTask): NewTask => ({
  title,
  ...(description !== undefined && { description }),
  ...(ref !== undefined && { ref }),
  ...(depends_on !== undefined && { depends_on }),
  ...(wait_for !== undefined && { wait_for: wait_for as NonNullable<NewTask['wait_for']> }),
});
