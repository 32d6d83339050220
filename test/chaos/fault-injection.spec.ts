import { expect } from 'chai';
import { type LoadEnvironment, openLoadEnvironment } from './load-environment.ts';
import { killMission, killMissionAt, killNats, killPostgres, killProbe } from './fault-injection.ts';
import { type Load, startLoad } from './load.ts';
import { violations } from './delivery-check.ts';

describe('kill -9 under load', function () {
  this.timeout(240_000);
  let environment: LoadEnvironment;
  let load: Load;

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(environment?.logs());
    try {
      await load?.stop();
    } finally {
      await environment?.close();
    }
  });

  it('loses no acknowledged write, and every event has its effect once', async () => {
    environment = await openLoadEnvironment({ inbox: true });
    load = startLoad(environment.api, 6);
    const kills: string[] = [];
    const proven = { afterRead: 0, afterPublish: 0 };

    const others = async (): Promise<void> => {
      await killMission(environment, load);
      kills.push('mission');
      for (let round = 0; round < 3; round++) {
        for (const point of ['afterRead', 'afterPublish'] as const) {
          // A pass of the relay that found nothing to publish proves nothing: then it dies again, some passes later.
          for (let attempt = 0, hit = false; !hit && attempt < 4; attempt++) {
            hit = await killMissionAt(point, environment, 3 + round + 2 * attempt);
            if (hit) proven[point]++;
            kills.push(`mission ${point}`);
          }
        }
        await environment.product.mission.start();
        await killNats(environment, load);
        await killPostgres(environment, load);
        await killMission(environment, load);
        kills.push('NATS', 'PostgreSQL', 'mission');
      }
      await environment.product.mission.start();
    };
    const consumer = async (): Promise<void> => {
      for (let round = 0; round < 6; round++) {
        await killProbe(environment, 1 + round * 2);
        kills.push('consumer');
      }
      await environment.probe.start();
    };
    await Promise.all([others(), consumer()]);
    await load.stop();
    await environment.settled();
    const found = violations(await environment.observations(load.acknowledged));
    expect(found, `after ${kills.join(', ')}`).to.deep.equal([]);
    expect(kills.length).to.be.at.least(20);
    expect(proven.afterRead, 'deaths between commit and publish').to.be.at.least(2);
    expect(proven.afterPublish, 'deaths between publish and mark').to.be.at.least(2);
    expect(await environment.repetitions(), 'repetitions that the inbox suppressed').to.be.at.least(6);
  });

  it('has effects twice without the inbox, and the check finds them', async () => {
    environment = await openLoadEnvironment({ inbox: false });
    load = startLoad(environment.api, 2);
    for (let round = 0; round < 3; round++) await killProbe(environment, 1 + round);
    await environment.probe.start();
    await load.stop();
    await environment.settled();
    const found = violations(await environment.observations(load.acknowledged));
    for (const fault of found) expect(fault).to.match(/had its effect \d+ times/);
    // Each of the three deaths repeats the effect of one event. Two deaths may hit the same event.
    const repeated = found.map((fault) => Number(/had its effect (\d+) times/.exec(fault)?.[1]) - 1);
    expect(
      repeated.reduce((sum, times) => sum + times, 0),
      found.join('\n'),
    ).to.be.at.least(3);
  });
});
