/** What a sender is told (RFC 5321 section 4.2, RFC 3463). 4xx: come again; 5xx: do not. */
export class Refusal extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, text: string) {
    super(text);
    this.responseCode = responseCode;
  }
}

export const refusals = {
  /** Never says why: an unknown token, a dead one and somebody else's domain are the same to a stranger. */
  noSuchMailbox: () => new Refusal(550, '5.1.1 no such mailbox here'),
  tooLarge: (bytes: number) => new Refusal(552, `5.3.4 a message has at most ${bytes} bytes`),
  full: () => new Refusal(452, '4.3.1 too many messages at once, come again'),
  later: () => new Refusal(451, '4.3.0 cannot take it now, come again'),
  leaving: () => new Refusal(421, '4.3.2 going down, come again'),
};
