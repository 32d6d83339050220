/** The blocks of a Markdown text that are marked ```sh, or as another language, in order. */
export const shellBlocks = (markdown: string, language = 'sh'): string[] =>
  [...markdown.matchAll(/^```(\w*)\n([^]*?)^```/gm)].flatMap(([, marked, text = '']) =>
    marked === language ? [text] : [],
  );

/**
 * Blocks that reach the product (`call` is what the README makes of curl); what else there is, would start or build
 * it.
 */
export const callingBlocks = (markdown: string): string[] =>
  shellBlocks(markdown).filter((block) => /\b(curl|call)\b|npm run --silent missions/.test(block));

/** What a reader replaces before pasting: the addresses, and the secret where it is not $HUB_SERVICE_SECRET. */
export const filledIn = (
  script: string,
  { origin, smtpPort, secret, agent = '' }: { origin: string; smtpPort: number; secret: string; agent?: string },
): string =>
  script
    .replaceAll(/https?:\/\/(localhost|127\.0\.0\.1):8003/g, origin)
    .replaceAll(/https?:\/\/(localhost|127\.0\.0\.1):8004/g, agent)
    .replaceAll(/smtp:\/\/(localhost|127\.0\.0\.1):2525/g, `smtp://127.0.0.1:${smtpPort}`)
    .replaceAll(/<[^<>\n]*secret[^<>\n]*>/gi, secret);

/**
 * Pasted one after another into one shell, so that a later block may use what an earlier one kept. Each call's
 * failure is told, which curl by itself does not do, and which a pipe would hide.
 */
export const pastedTogether = (blocks: readonly string[]): string =>
  [
    'curl() { command curl --fail-with-body --show-error "$@" || { echo "a call failed: curl $*" >&2; kill -TERM $$; }; }',
    ...blocks,
  ].join('\n');
