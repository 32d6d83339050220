import { useEffect } from 'preact/hooks';
import { later } from '../shell/later.tsx';
import { draftOf, keepDraft } from '../store/drafts.ts';
import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import type { Sending } from './answers.ts';
import { Next } from './next.tsx';
import { Sides } from './sides.tsx';
import { outcomeOf, type Question } from './outcome.ts';
import { OutcomeSentence } from './outcome-sentence.tsx';

const Receipt = later(async () => (await import('./receipt.tsx')).Receipt);
const OfferRule = later(async () => (await import('./offer-rule.tsx')).OfferRule);

interface EndedProps {
  readonly question: Question;
  readonly sending: Sending | undefined;
}

/** What the question came to, and what was typed and did not count. */
export function Ended({ question, sending }: EndedProps) {
  const outcome = outcomeOf(question, me.value?.user_id);
  const wasSent = outcome?.kind === 'answered' && outcome.by === undefined && outcome.written === draftOf(question.id);
  const isSent = sending?.state === 'sent' || wasSent;
  useEffect(() => {
    if (isSent) keepDraft(question.id, '');
  }, [isSent, question.id]);
  if (!outcome) return null;
  const left = isSent ? '' : draftOf(question.id);
  return (
    <section aria-labelledby="outcome" class={`outcome ${outcome.kind.replace(' ', '-')}`}>
      <h2 id="outcome">How it ended</h2>
      <div role="status">
        <p>
          <OutcomeSentence outcome={outcome} />
          {question.responded_at && (
            <>
              {' '}
              <When time={question.responded_at} absolute />
            </>
          )}
        </p>
        {sending?.state === 'too late' && <p>Your own answer was not sent, or came too late: it does not count.</p>}
      </div>
      {outcome.kind === 'answered' && outcome.written !== undefined && (
        <blockquote>
          <Written text={outcome.written} as="div" />
        </blockquote>
      )}
      <Sides action={question.action} effective={question.response?.effective_action} says="Approved" />
      {question.response?.receipt !== undefined && (
        <Receipt
          requestId={question.id}
          receipt={question.response.receipt}
          isOthers={question.response.responded_by !== me.value?.user_id || question.response.approved_by !== undefined}
        />
      )}
      {left !== '' && (
        <div class="writing">
          <label for="left">What you wrote, which was not sent</label>
          <textarea id="left" dir="auto" readOnly value={left} />
          <button type="button" onClick={() => void navigator.clipboard?.writeText(left)}>
            Copy
          </button>
        </div>
      )}
      {sending?.state === 'sent' && question.response?.effective_action && (
        <OfferRule key={question.id} question={question} />
      )}
      <Next after={question.id} />
    </section>
  );
}
