import { expect } from 'chai';
import { type Arena, openArena } from './load-environment.ts';
import { killMission, killMissionAt, killNats, killPostgres, killProbe } from './fault-injection.ts';
import { type Load, startLoad } from './load.ts';
import { verdict } from './verdict.ts';

describe('kill -9 under load', function () {
  this.timeout(240_000);
  let arena: Arena;
  let load: Load;

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(arena?.logs());
    try {
      await load?.stop();
    } finally {
      await arena?.close();
    }
  });

  it('of the mission service, NATS, PostgreSQL and a consumer: no acknowledged write is lost, every event has its effect once', async () => {
    arena = await openArena({ inbox: true });
    load = startLoad(arena.api, 6);
    const kills: string[] = [];
    const proven = { afterRead: 0, afterPublish: 0 };

    const others = async (): Promise<void> => {
      await killMission(arena, load);
      kills.push('mission');
      for (let round = 0; round < 3; round++) {
        for (const point of ['afterRead', 'afterPublish'] as const) {
          if (await killMissionAt(point, arena, 3 + round)) proven[point]++;
          kills.push(`mission ${point}`);
        }
        await arena.product.mission.start();
        await killNats(arena, load);
        await killPostgres(arena, load);
        await killMission(arena, load);
        kills.push('NATS', 'PostgreSQL', 'mission');
      }
      await arena.product.mission.start();
    };
    const consumer = async (): Promise<void> => {
      for (let round = 0; round < 6; round++) {
        await killProbe(arena, 1 + round * 2);
        kills.push('consumer');
      }
      await arena.probe.start();
    };
    await Promise.all([others(), consumer()]);
    await load.stop();
    await arena.settled();
    const found = verdict(await arena.evidence(load.acknowledged));
    expect(found, `after ${kills.join(', ')}`).to.deep.equal([]);
    expect(kills.length).to.be.at.least(20);
    expect(proven.afterRead, 'deaths between commit and publish').to.be.at.least(2);
    expect(proven.afterPublish, 'deaths between publish and mark').to.be.at.least(2);
    expect(await arena.repetitions(), 'repetitions that the inbox kept out').to.be.at.least(6);
  });

  it('is not survived without the inbox: effects happen twice, and that is found', async () => {
    arena = await openArena({ inbox: false });
    load = startLoad(arena.api, 2);
    for (let round = 0; round < 3; round++) await killProbe(arena, 1 + round);
    await arena.probe.start();
    await load.stop();
    await arena.settled();
    const found = verdict(await arena.evidence(load.acknowledged));
    expect(found).to.have.length.at.least(3);
    for (const fault of found) expect(fault).to.match(/had its effect \d times/);
  });
});
