/**
 * The logins of services of others that subscribe, as the part of the NATS configuration that server.conf includes into
 * the account EVENTS.
 */
export interface SubscriberLogin {
  name: string;
  password: string;
}

/** Also the name of a durable consumer, and therefore a word of a subject. */
export const isSubscriberName = (name: string): boolean => /^[a-z][a-z0-9_-]{0,62}$/.test(name);

/** What is theirs in JetStream: consumers of the mirrors, which they make, use and remove, and single messages. */
const CALLS = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
  // Not `CONSUMER.CREATE.<stream>`: there the consumer's name stands in the body, which no permission reads. Nor the
  // lists of consumers: the name of an ordered or ephemeral one, which is random, is all that protects it.
  '$JS.API.CONSUMER.CREATE.*.>',
  '$JS.API.CONSUMER.DURABLE.CREATE.*.*',
  '$JS.API.CONSUMER.INFO.*.*',
  '$JS.API.CONSUMER.DELETE.*.*',
  '$JS.API.CONSUMER.MSG.NEXT.*.*',
  '$JS.ACK.>',
  '$JS.FC.>',
] as const;

/** A consumer that bears the name of another subscriber is that one's own. */
const callsOnConsumer = (name: string): string[] => [
  `$JS.API.CONSUMER.*.*.${name}`,
  `$JS.API.CONSUMER.*.*.${name}.>`,
  `$JS.API.CONSUMER.*.*.*.${name}`,
  `$JS.ACK.*.${name}.>`,
  `$JS.ACK.*.*.*.${name}.>`,
];

const list = (subjects: readonly string[]): string => `[${subjects.map((subject) => `"${subject}"`).join(', ')}]`;

/**
 * They publish nothing but calls of JetStream on the mirrors, and hear what the server sends for their consumers: on
 * the usual inboxes, on inboxes of their own name, and on `deliver.<name>`.
 */
export function subscribersConf(logins: readonly SubscriberLogin[]): string {
  const users = logins.map(({ name, password }) => {
    const foreign = logins.filter((other) => other.name !== name).flatMap((other) => callsOnConsumer(other.name));
    return `  {
    user: "${name}"
    password: "${password}"
    permissions {
      publish: { allow: ${list(CALLS)}, deny: ${list(['$MIRROR.>', ...foreign])} }
      subscribe: { allow: ${list(['_INBOX.>', `_INBOX_${name}.>`, `deliver.${name}.>`])} }
    }
  }`;
  });
  return `# Written by \`missions subscribers\`.\nusers: [\n${users.join('\n')}\n]\n`;
}
