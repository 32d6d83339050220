/** The blocks of a Markdown text that are marked ```sh, in order. */
export const shellBlocks = (markdown: string): string[] => [...markdown.matchAll(/^```sh\n([^]*?)^```/gm)].map((match) => match[1] as string);

/** What a reader replaces before pasting: the address, and the secret where it is not $HUB_SERVICE_SECRET. */
export const filledIn = (script: string, { origin, secret }: { origin: string; secret: string }): string =>
  script.replaceAll(/https?:\/\/(localhost|127\.0\.0\.1):8003/g, origin).replaceAll(/<[^<>\n]*secret[^<>\n]*>/gi, secret);

/**
 * Pasted one after another into one shell, so that a later block may use what an earlier one kept. Each call's failure is told, which curl by
 * itself does not do, and which a pipe would hide.
 */
export const pastedTogether = (blocks: readonly string[]): string =>
  ['curl() { command curl --fail-with-body --show-error "$@" || { echo "a call failed: curl $*" >&2; kill -TERM $$; }; }', ...blocks].join('\n');
