import { readFileSync } from 'node:fs';

const PAGES = ['README.md', 'shared/docs/agents.md', 'shared/docs/first-calls.md'];

/** The pages that a newcomer pastes from, in the order in which they lead on to each other. */
export const textForNewcomers = (): string =>
  PAGES.map((page) => readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')).join('\n');

/** The blocks of a Markdown text that are marked ```sh, or as another language, in order. */
export const shellBlocks = (markdown: string, language = 'sh'): string[] =>
  [...markdown.matchAll(/^```(\w*)\n([^]*?)^```/gm)].flatMap(([, marked, text = '']) =>
    marked === language ? [text] : [],
  );

/**
 * Blocks that call the product (`call` is a shell function of these pages around curl). Other blocks would start or
 * build the product.
 */
export const callingBlocks = (markdown: string): string[] =>
  shellBlocks(markdown).filter((block) => /\b(curl|call|chat)\b|npm run --silent missions/.test(block));

/** Replaces what a reader replaces before pasting: addresses, and secrets that are not $HUB_SERVICE_SECRET. */
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
 * Joins blocks for one shell, so that a later block can use the variables of an earlier one. The wrapper around curl
 * ends the shell when a call fails: curl alone would not, and a pipe would hide the failure.
 */
export const pastedTogether = (blocks: readonly string[]): string =>
  [
    'curl() { command curl --fail-with-body --show-error "$@" || { echo "a call failed: curl $*" >&2; kill -TERM $$; }; }',
    ...blocks,
  ].join('\n');
