/** A time with minutes, which is precise enough for a wait: `2027-01-31 09:00Z`. */
export const at = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;

/** Joins the lines that are not empty. */
export const lines = (...all: readonly (string | false | null | undefined)[]): string => all.filter(Boolean).join('\n');
