import { expect } from 'chai';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { callerKeys, callerKeyVariables } from './caller-keys.ts';
import { readSettings } from './config.ts';
import { openSecrets } from './secrets.ts';
import { services } from './services.ts';

describe('the keys by which services prove who calls', () => {
  const scratch = scratchFolders();

  it('are created in a data folder that an older version left without them, and stay the same', () => {
    const folder = scratch();
    openSecrets(folder).getOrCreate('postgres');
    const once = services.map((service) => callerKeys(service, openSecrets(folder)));
    expect(services.map((service) => callerKeys(service, openSecrets(folder)))).to.deep.equal(once);
  });

  it('are shared by the gateway and one service each, and by nobody else', () => {
    const secrets = openSecrets(scratch());
    const of = (name: string) =>
      callerKeys(services.find((it) => it.name === name) as (typeof services)[number], secrets);
    const gateway = of('gateway');
    for (const [name, variable] of [
      ['mission', 'CALLER_KEY_MISSION'],
      ['approval', 'CALLER_KEY_APPROVAL'],
      ['scheduler', 'CALLER_KEY_SCHEDULER'],
      ['email-bridge', 'CALLER_KEY_EMAIL_BRIDGE'],
      ['notifier', 'CALLER_KEY_NOTIFIER'],
    ] as const)
      expect(of(name)['CALLER_KEY'], name).to.equal(gateway[variable]).and.to.have.lengthOf.above(31);
    expect(new Set(Object.values(gateway)).size).to.equal(5);
    expect(of('agent')).to.deep.equal({});
    const holders = (variable: string) => services.filter(({ name }) => of(name)[variable]).map(({ name }) => name);
    expect(holders('ANSWER_KEY')).to.deep.equal(['mission', 'approval']);
    expect(holders('SCHEDULER_CALLER_KEY')).to.deep.equal([
      'mission',
      'approval',
      'scheduler',
      'email-bridge',
      'notifier',
    ]);
  });

  it('are not taken from the launcher’s own environment, where every service would get all of them', () => {
    const env = Object.fromEntries(callerKeyVariables.map((variable) => [variable, 'hush']));
    expect(readSettings(env, '/clone').settings.inherited).to.deep.equal({});
  });
});
