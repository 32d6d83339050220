import type { EmailOfMission } from '../store/shapes.ts';
import { useAct } from '../shell/act.tsx';
import { When } from '../text/when.tsx';
import { useMail } from './data.ts';
import { Quotation } from './quotation.tsx';

const STATUS: Readonly<Record<EmailOfMission['status'], string>> = {
  queued: 'about to be sent',
  awaiting_reply: 'waits for replies',
  some_replied: 'some have replied',
  all_replied: 'everybody has replied',
  followup_sent: 'asked again',
  expired: 'nobody replied in time',
  cancelled: 'not sent',
  bounced: 'could not be delivered',
  sent: 'sent',
};

/** The tracked mail: for each recipient, whether they have replied, and what they wrote. */
export function Mail({ missionId }: { readonly missionId: string }) {
  const { emails, failed, next, more } = useMail(missionId);
  const { busy, run, trouble } = useAct();
  if (emails.length === 0)
    return failed ? (
      <section aria-labelledby="mail">
        <h2 id="mail">Mail</h2>
        <p role="alert">The mail cannot be read at the moment.</p>
      </section>
    ) : null;
  return (
    <section aria-labelledby="mail">
      <h2 id="mail">Mail</h2>
      <ul class="mail">
        {emails.map((email) => (
          <li key={email.id}>
            <h3 dir="auto">{email.subject}</h3>
            <p class="quiet small">
              {STATUS[email.status]}
              {email.sent_at && (
                <>
                  , sent <When time={email.sent_at} />
                </>
              )}
              {email.follow_ups > 0 && `, followed up ${email.follow_ups === 1 ? 'once' : `${email.follow_ups} times`}`}
            </p>
            {email.last_error && <p class="trouble written">{email.last_error}</p>}
            <ul>
              {recipients(email).map((recipient) => (
                <Recipient key={recipient} email={email} recipient={recipient} />
              ))}
            </ul>
            <Others email={email} />
          </li>
        ))}
      </ul>
      {next !== null && (
        <div class="actions">
          <button type="button" disabled={busy} onClick={() => run(more)}>
            Show earlier mail
          </button>
        </div>
      )}
      {trouble}
    </section>
  );
}

const recipients = ({ expected_recipients, pending_from, received_from, bounced, to }: EmailOfMission): string[] => {
  const known = [...received_from, ...bounced, ...pending_from, ...expected_recipients];
  return [...new Set(known.length > 0 ? known : to)];
};

function Recipient({ email, recipient }: { readonly email: EmailOfMission; readonly recipient: string }) {
  const state = email.received_from.includes(recipient)
    ? 'has replied'
    : email.bounced.includes(recipient)
      ? 'could not be reached'
      : email.expect_reply
        ? 'has not replied'
        : 'was written to';
  return (
    <li>
      <p>
        <bdi>{recipient}</bdi> <span class="quiet small">{state}</span>
      </p>
      {email.replies
        .filter((reply) => reply.recipient === recipient)
        .map((reply) => (
          <Reply key={reply.id} reply={reply} />
        ))}
    </li>
  );
}

/** Mail of anybody else to this thread: nobody knows whose it is. */
function Others({ email }: { readonly email: EmailOfMission }) {
  const known = new Set(recipients(email));
  const others = email.replies.filter(({ recipient }) => !recipient || !known.has(recipient));
  if (others.length === 0) return null;
  return (
    <details>
      <summary>
        {others.length} more {others.length === 1 ? 'message' : 'messages'} in this thread
      </summary>
      {others.map((reply) => (
        <Reply key={reply.id} reply={reply} />
      ))}
    </details>
  );
}

const KIND: Readonly<Record<string, string>> = {
  auto_reply: 'an automatic reply',
  bounce: 'a report that it was not delivered',
  unattributed: 'of somebody whose address is not certain',
};

function Reply({ reply }: { readonly reply: EmailOfMission['replies'][number] }) {
  const { from_name, snippet } = reply.untrusted;
  return (
    <div class="reply">
      <p class="quiet small">
        From <bdi>{from_name || reply.from_address}</bdi>
        {from_name && (
          <>
            {' '}
            (<bdi>{reply.from_address}</bdi>)
          </>
        )}
        , <When time={reply.received_at} />
        {KIND[reply.kind] && `, ${KIND[reply.kind]}`}
      </p>
      {snippet && <Quotation text={snippet} stranger />}
    </div>
  );
}
