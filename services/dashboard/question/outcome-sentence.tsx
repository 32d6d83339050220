import type { Outcome } from './outcome.ts';

/** How a question ended, in a sentence. Labels are words of agents. */
export function OutcomeSentence({ outcome }: { outcome: Outcome }) {
  switch (outcome.kind) {
    case 'answered': {
      const who = outcome.by === undefined ? 'You' : <bdi>{outcome.by}</bdi>;
      if (outcome.chosen === undefined) return <>{who} answered</>;
      return (
        <>
          {who} chose <bdi class="says">{outcome.chosen}</bdi>
        </>
      );
    }
    case 'default taken':
      return (
        <>
          Nobody answered in time, so <bdi class="says">{outcome.chosen}</bdi> was taken
        </>
      );
    case 'by rule':
      return (
        <>
          A rule chose <bdi class="says">{outcome.chosen}</bdi>
        </>
      );
    case 'unanswered':
      return <>Nobody answered in time.</>;
    case 'taken back':
      return <>It was taken back, or its mission no longer waits for it: nobody needs to answer any more.</>;
    default:
      return outcome satisfies never;
  }
}
