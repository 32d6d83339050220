/**
 * What somebody has typed and not sent, by what it belongs to. It survives a reload and a new sign-in, in this tab only;
 * it is gone once it was sent.
 */
export const draftOf = (of: string): string => read(of) ?? '';

export function keepDraft(of: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(`draft ${of}`);
    else sessionStorage.setItem(`draft ${of}`, text);
  } catch {
    // Full or forbidden: the text is on the page still.
  }
}

function read(of: string): string | null {
  try {
    return sessionStorage.getItem(`draft ${of}`);
  } catch {
    return null;
  }
}
