import { expect } from 'chai';
import { filesOf, projectFiles, type SourceFile } from './files.ts';
import { noCurrentDateInDomain } from './rules/clocks.ts';
import { exportedTypesAreUnique } from './rules/exported-types.ts';
import { filesAreSmall, foldersHaveNames } from './rules/names-and-sizes.ts';
import { refusalStatusesInProblemMapOnly } from './rules/problem-statuses.ts';
import { citedDecisionsExist, citedSectionsExist, linksLead } from './rules/references.ts';
import { subjectsInContractsOnly } from './rules/subjects.ts';
import { mikroOrmIsOneVersion, versionsArePinned } from './rules/versions.ts';

/**
 * Rules of the product that no tool knows. Imports are checked by dependency-cruiser (.dependency-cruiser.mjs), what
 * is unused by knip (knip.json), the environment and the purity of domains by oxlint (.oxlintrc.json): `npm run
 * check` runs all of them.
 */
const rules: Record<string, (files: readonly SourceFile[]) => string[]> = {
  'a domain makes no date of the current time': noCurrentDateInDomain,
  'subjects are spelled in the contracts only': subjectsInContractsOnly,
  'the status of a refusal is decided in one file': refusalStatusesInProblemMapOnly,
  'folders and files have names': foldersHaveNames,
  'files are small': filesAreSmall,
  'exported types of a package have different names': exportedTypesAreUnique,
  'versions are exact and agree': versionsArePinned,
  'MikroORM is of one version': mikroOrmIsOneVersion,
};

const holds = (violations: readonly string[]): void => {
  expect(violations, `\n${violations.join('\n')}\n`).to.have.lengthOf(0);
};

describe('the architecture', () => {
  const files = projectFiles();

  it('covers the root, the packages and the tests', () => {
    expect(files.map((file) => file.path)).to.include.members([
      'package.json',
      'shared/contracts/subjects.ts',
      'test/run.ts',
    ]);
  });

  for (const [title, rule] of Object.entries(rules)) it(title, () => holds(rule(files)));
});

describe('references', () => {
  const documents = filesOf(['*.md', '{shared,services,deploy,test}/**/*.md']);
  // The samples of this rule cite what is not there.
  const citing = [
    ...filesOf(['*.yml', '{shared,services,deploy,test}/**/*.{ts,sql,sh,conf,yml}']),
    ...documents,
  ].filter(({ path }) => !path.startsWith('test/architecture/rules/references'));

  it('to sections of the specification and the architecture lead to a heading', function () {
    const missing = ['specification', 'architecture']
      .map((name) => `shared/docs/${name}.md`)
      .filter((path) => !documents.some((document) => document.path === path));
    if (missing.length > 0) {
      console.warn(`      ${missing.join(' and ')} do not exist yet: sections are not checked`);
      this.skip();
    }
    holds(citedSectionsExist(citing, documents));
  });

  it('to decisions lead to a record', () => holds(citedDecisionsExist(citing, documents)));

  it('in Markdown links lead to a file and a heading', () => holds(linksLead(documents)));
});
