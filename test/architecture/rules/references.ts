import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { placeOf, type SourceFile } from '../files.ts';

const DOCS = 'shared/docs';
/** Between words of a comment: a space, or the end of a line and the mark of the next. */
const GAP = String.raw`\s+(?:(?:\*|//|#|--)\s+)?`;
const NUMBER = String.raw`\d+(?:\.\d+)*`;
const SECTION = new RegExp(
  String.raw`\b(specification|architecture|SPEC)${GAP}sections?${GAP}(${NUMBER}(?:(?:,|,?${GAP}and)${GAP}${NUMBER})*)`,
  'gi',
);
const DECISION = new RegExp(String.raw`\bdecisions?${GAP}(\d{4}(?:(?:,|,?${GAP}and)${GAP}\d{4})*)`, 'gi');

/**
 * Sections that files cite (`specification section 3.5`, `architecture sections 2 and 4`) stand in
 * `shared/docs/<document>.md` under a heading that begins with their number.
 */
export function citedSectionsExist(files: readonly SourceFile[], documents: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    [...file.text.matchAll(SECTION)].flatMap(({ index, 1: document = '', 2: numbers = '' }) => {
      const place = placeOf(file, index);
      if (document === 'SPEC') return [`${place} cites SPEC: cite the specification`];
      const path = `${DOCS}/${document.toLowerCase()}.md`;
      const text = documents.find((one) => one.path === path)?.text ?? '';
      const headings = new Set([...text.matchAll(/^#+ +(\d+(?:\.\d+)*)\.?\s/gm)].map(([, number]) => number));
      return (numbers.match(new RegExp(NUMBER, 'g')) ?? [])
        .filter((number) => !headings.has(number))
        .map((number) => `${place} cites section ${number} of ${path}, which has no such heading`);
    }),
  );
}

/** `decision 0002` is a file `shared/docs/decisions/0002-….md`. */
export function citedDecisionsExist(files: readonly SourceFile[], documents: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    [...file.text.matchAll(DECISION)].flatMap(({ index, 1: numbers = '' }) =>
      (numbers.match(/\d{4}/g) ?? [])
        .filter((number) => !documents.some(({ path }) => path.startsWith(`${DOCS}/decisions/${number}-`)))
        .map((number) => `${placeOf(file, index)} cites decision ${number}, which is not in ${DOCS}/decisions`),
    ),
  );
}

const LINK = /\]\((?!https?:|mailto:)([^)\s]*)\)/g;

/** Relative links of Markdown lead to a file or folder of the repository, and their fragment to a heading of it. */
export function linksLead(documents: readonly SourceFile[], exists: (path: string) => boolean = existsSync): string[] {
  const anchors = new Map(documents.map(({ path, text }) => [path, anchorsOf(text)]));
  return documents.flatMap((file) =>
    [...withoutCode(file.text).matchAll(LINK)].flatMap(({ index, 1: link = '' }) => {
      const [path = '', fragment] = link.split('#', 2);
      const target = path === '' ? file.path : join(dirname(file.path), decodeURI(path));
      const place = placeOf(file, index);
      if (!exists(target)) return [`${place} links to ${target}, which does not exist`];
      return fragment === undefined || (anchors.get(target)?.has(fragment) ?? true)
        ? []
        : [`${place} links to #${fragment} of ${target}, which has no such heading`];
    }),
  );
}

/** As GitHub makes them: lower case, without punctuation, spaces as hyphens. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...withoutCode(text).matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  );

const withoutCode = (text: string): string =>
  text.replaceAll(/^```[^]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ' '));
