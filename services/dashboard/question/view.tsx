import { isCode } from '@missions/client/missions-error.ts';
import { useRoute } from 'preact-iso/router';
import { useEffect, useRef } from 'preact/hooks';
import { Reading } from '../shell/reading.tsx';
import { later } from '../shell/later.tsx';
import { View } from '../shell/view.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import { AnswerForm } from './answer-form.tsx';
import { answers } from './answering.ts';
import { Context } from './context.tsx';
import type { Question } from './outcome.ts';
import { Ended } from './ended.tsx';
import { Next } from './next.tsx';
import { asksOthers, hasApproved, peopleOf } from './people.ts';

const WhoIsAsked = later(async () => (await import('./who-is-asked.tsx')).WhoIsAsked);
const SoFar = later(async () => (await import('./so-far.tsx')).SoFar);

/** One question: all that it is about, and then the ways to answer it. */
export default function QuestionView() {
  const { id = '' } = useRoute().params;
  const mission = useRef<string>(undefined);
  const resource = useResource(
    `/q/${id}`,
    () => client.getMyInputRequest(id),
    ({ mission_id }) => mission_id === mission.current,
  );
  const { data, error, reload } = resource;
  const sending = answers.all.value.get(id);
  const read = data.value;
  mission.current = read?.mission_id;
  const question = read?.status === 'pending' && sending?.state === 'sent' ? sending.question : read;
  const isOver = question !== undefined && question.status !== 'pending';
  useEffect(() => {
    if (isOver) answers.comeTooLate(id);
  }, [isOver, id]);
  useEffect(() => {
    // Somebody decided first, or time did: what it came to is on the server.
    if (sending?.state === 'too late') void reload();
  }, [sending?.state]);
  // What was told once need not be told again by the notice on other views.
  useEffect(() => () => forgetTold(id), [id]);

  if (isCode(error.value, 'INPUT_REQUEST_NOT_FOUND', 'VALIDATION_FAILED')) return <Gone />;
  return (
    <article class="question">
      <View heading={question?.prompt ?? 'Question'}>
        <Reading of={resource}>
          {question && (
            <>
              <p class="quiet about">
                {question.urgency === 'high' && <strong class="urgent">Urgent</strong>} Asked{' '}
                <When time={question.created_at} absolute />
              </p>
              <AboutTask task={question.task} />
              <Context context={question.context} />
              {asksOthers(question, me.value?.user_id) && <WhoIsAsked question={question} />}
              {isOver ? (
                <Ended question={question} sending={sending} />
              ) : hasApproved(question, me.value?.user_id) ? (
                <Approved id={id} />
              ) : (
                <AnswerForm key={id} question={question} sending={sending} />
              )}
              {/* Of another's mission the reader sees the question alone. */}
              {peopleOf(question, me.value?.user_id).whose === undefined && <SoFar missionId={question.mission_id} />}
            </>
          )}
        </Reading>
      </View>
    </article>
  );
}

function forgetTold(id: string): void {
  const state = answers.all.value.get(id)?.state;
  if (state === 'sent' || state === 'too late') answers.forget(id);
}

function Approved({ id }: { id: string }) {
  return (
    <section aria-labelledby="outcome" class="outcome answered">
      <h2 id="outcome">You have approved</h2>
      <p role="status">The mission goes on when enough people have.</p>
      <Next after={id} />
    </section>
  );
}

function AboutTask({ task }: { task: Question['task'] }) {
  if (!task) return null;
  return (
    <section aria-labelledby="task" class="about-task">
      <h2 id="task">
        <span class="quiet">For the task</span> <bdi>{task.title}</bdi>
      </h2>
      {task.description !== '' && <Written text={task.description} as="p" />}
      {task.changed && (
        <p class="note">
          The task was changed <When time={task.changed.changed_at} absolute />, after you were asked. It is called{' '}
          <bdi>{task.changed.title}</bdi> now. Your answer counts for the words above.
        </p>
      )}
    </section>
  );
}

const Gone = () => (
  <View heading="This question is no longer there">
    <p>
      It was deleted with its mission, or it was never asked of you. <a href="/">Go to your inbox</a>.
    </p>
  </View>
);
