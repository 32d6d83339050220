/**
 * The product's error codes (specification section 5) and the one error class that carries them between processes.
 * A code is stable and public; the HTTP status it gets is decided in the gateway's problem map and nowhere else.
 */
export const errorCodes = [
  'VALIDATION_FAILED',
  'UNAUTHENTICATED',
  'KEY_EXPIRED',
  'FORBIDDEN',
  'SCOPE_REQUIRED',
  'NOT_FOUND',
  'MISSION_NOT_FOUND',
  'TASK_NOT_FOUND',
  'INPUT_REQUEST_NOT_FOUND',
  'EMAIL_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'INVALID_TRANSITION',
  'MISSION_CLOSED',
  'CIRCULAR_DEPENDENCY',
  'INVALID_DEPENDENCY',
  'ALREADY_RESPONDED',
  'REQUEST_EXPIRED',
  'CONFIRMATION_REQUIRED',
  'SIGN_IN_REQUIRED',
  'RECEIPT_REQUIRED',
  'LEASE_LOST',
  'BUDGET_SPENT',
  'QUOTA_EXCEEDED',
  'TASK_CLAIMED',
  'USER_ERASED',
  'VERSION_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'IDEMPOTENCY_KEY_REUSED',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
  'TIMEOUT',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * One mistake in the input. `path` is a JSON Pointer (RFC 6901) into the body, or the name of a query parameter or
 * header.
 */
export interface FieldError {
  path: string;
  message: string;
}

export interface ProblemMembers {
  errors?: FieldError[];
  /**
   * Further members of the problem document (RFC 9457 section 3.2), e.g. `from`, `to`, `allowed` of a refused
   * transition.
   */
  [member: string]: unknown;
}

/** A call that was understood and refused. `detail` says what is wrong and how to correct the call. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly members: ProblemMembers;

  constructor(code: ErrorCode, detail: string, members: ProblemMembers = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.members = members;
  }

  get detail(): string {
    return this.message;
  }

  toJSON(): { code: ErrorCode; detail: string; members: ProblemMembers } {
    return { code: this.code, detail: this.message, members: this.members };
  }
}

/**
 * Reads the JSON that `Problem.toJSON` wrote. Any other value becomes `INTERNAL`, so that a faulty peer cannot choose the
 * HTTP status. No method of the class, so that a page, which never reads one, does not load the list of codes.
 */
export function problemFrom(value: unknown): Problem {
  const it = value as { code?: unknown; detail?: unknown; members?: ProblemMembers } | null;
  const code = errorCodes.find((known) => known === it?.code);
  if (!code || typeof it?.detail !== 'string')
    return new Problem('INTERNAL', 'A service responded with an error in an unknown format.');
  return new Problem(code, it.detail, it.members ?? {});
}
