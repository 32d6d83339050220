import { expect } from 'chai';
import { files, places } from './samples.ts';
import { subjectsInContractsOnly } from './subjects.ts';

const contracts = { 'shared/contracts/changes.ts': `const subjects = ['mission.created', 'mission.*'];` };
const inStore = (text: string) =>
  places(subjectsInContractsOnly(files({ ...contracts, 'services/mission/store/a.ts': text })));

describe('rule: subjects are spelled in the contracts only', () => {
  for (const text of [
    `on('mission.created')`,
    `on("mission.*")`,
    'on(`mission.${verb}`)',
    `on('svc.mission.get')`,
    'on(`live.${id}`)',
    `on('deadletter.' + name)`,
  ]) {
    it(`finds ${text}`, () => expect(inStore(text)).to.deep.equal(['services/mission/store/a.ts:1']));
  }

  it('lets pass other names that begin alike', () => {
    expect(
      inStore(`statement('mission.load', 'select mission.id from mission'); import './mission.ts'; // mission.created`),
    ).to.deep.equal([]);
  });

  it('lets specs spell what they expect', () => {
    expect(
      subjectsInContractsOnly(files({ ...contracts, 'services/mission/a.spec.ts': `'mission.created'` })),
    ).to.deep.equal([]);
  });
});
