import type { UserResponseTo } from '@missions/client/user-client.ts';

export type Question = UserResponseTo<'getMyInputRequest'>;

/** How a question ended. Labels and texts are what people and agents wrote. */
export type Outcome =
  | {
      readonly kind: 'answered';
      /** Undefined: by the reader. */
      readonly by: string | undefined;
      readonly chosen: string | undefined;
      readonly written: string | undefined;
    }
  | { readonly kind: 'default taken'; readonly chosen: string | undefined }
  /** By a rule of the reader, or of whom it asks. */
  | { readonly kind: 'by rule'; readonly chosen: string | undefined }
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'taken back' };

/** @returns undefined while it can be answered. */
export function outcomeOf(question: Question, reader: string | undefined): Outcome | undefined {
  const { status, response } = question;
  switch (status) {
    case 'pending':
      return undefined;
    case 'expired':
      return { kind: 'unanswered' };
    case 'cancelled':
      return { kind: 'taken back' };
    case 'responded': {
      const chosen = labelOf(question, response?.selected_option ?? null);
      if (response?.via === 'timeout') return { kind: 'default taken', chosen };
      if (response?.via.startsWith('rule:')) return { kind: 'by rule', chosen };
      const by = response?.responded_by ?? undefined;
      return {
        kind: 'answered',
        by: by === reader ? undefined : by,
        chosen,
        written: response?.freeform_text ?? response?.note,
      };
    }
    default:
      return status satisfies never;
  }
}

/** What an option is called; its id if it is called nothing. */
export function labelOf({ options }: Pick<Question, 'options'>, id: string | null): string | undefined {
  if (id === null) return undefined;
  return options.find((option) => option.id === id)?.label ?? id;
}
