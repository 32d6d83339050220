import { expect } from 'chai';
import { declaredIsUsed, mikroOrmIsOneVersion, usedIsDeclared, versionsArePinned } from './rules/dependencies.ts';
import { domainIsPure } from './rules/domain-is-pure.ts';
import { environmentInConfigOnly } from './rules/environment.ts';
import {
  importDirections,
  layerDirections,
  natsInMessagingOnly,
  nobodyImportsMain,
  productNeedsNoTests,
  relativeImportsStayInside,
} from './rules/import-directions.ts';
import { refusalStatusesInProblemMapOnly } from './rules/problem-statuses.ts';
import { roomsAreSmall, roomsHaveNames } from './rules/rooms.ts';
import { subjectsInContractsOnly } from './rules/subjects.ts';
import { projectFiles, type SourceFile } from './source/files.ts';

const rules: Record<string, (files: readonly SourceFile[]) => string[]> = {
  'rooms import in one direction': importDirections,
  'layers of a service import downwards': layerDirections,
  'other packages are imported by name': relativeImportsStayInside,
  'nothing deployed needs what is there for specs': productNeedsNoTests,
  'nobody imports a main.ts': nobodyImportsMain,
  'only shared/messaging imports nats': natsInMessagingOnly,
  'a domain has no clock, no dice and no I/O': domainIsPure,
  'the environment is read in config.ts only': environmentInConfigOnly,
  'subjects are spelled in the contracts only': subjectsInContractsOnly,
  'the status of a refusal is decided in one file': refusalStatusesInProblemMapOnly,
  'rooms and files have names': roomsHaveNames,
  'files are small': roomsAreSmall,
  'what is imported is declared': usedIsDeclared,
  'what is declared is used': declaredIsUsed,
  'versions are exact and agree': versionsArePinned,
  'MikroORM is of one version': mikroOrmIsOneVersion,
};

describe('the architecture', () => {
  const files = projectFiles();

  it('has been read', () => {
    expect(files.map((file) => file.path)).to.include.members([
      'package.json',
      'shared/contracts/subjects.ts',
      'test/run.ts',
    ]);
  });

  for (const [title, rule] of Object.entries(rules)) {
    it(title, () => {
      const violations = rule(files);
      expect(violations, `\n${violations.join('\n')}\n`).to.have.lengthOf(0);
    });
  }
});
