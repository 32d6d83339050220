/**
 * A reply to the sending server (RFC 5321 section 4.2, RFC 3463): after a 4xx reply it tries again, after a 5xx reply
 * it does not.
 */
export class Refusal extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, text: string) {
    super(text);
    this.responseCode = responseCode;
  }
}

export const refusals = {
  /**
   * Gives no reason: a stranger cannot tell an unknown token from an erased e-mail or from an address of another
   * domain.
   */
  noSuchMailbox: () => new Refusal(550, '5.1.1 no such mailbox here'),
  tooLarge: (bytes: number) => new Refusal(552, `5.3.4 a message has at most ${bytes} bytes`),
  tooManyDots: () => new Refusal(554, '5.6.0 too many lines begin with a dot'),
  full: () => new Refusal(452, '4.3.1 too many messages at once, come again'),
  later: () => new Refusal(451, '4.3.0 cannot take it now, come again'),
  tooManyConnections: () => new Refusal(421, '4.7.0 too many connections from your address, come again'),
  tooManyUnknown: () => new Refusal(421, '4.7.0 too many unknown recipients, come again later'),
  leaving: () => new Refusal(421, '4.3.2 going down, come again'),
};
