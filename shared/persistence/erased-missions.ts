import { defineEntity, p } from '@mikro-orm/core';

/** All that is left of a mission that was erased, in every service that had something of it: so that nothing late brings it back. */
const ErasedMissionSchema = defineEntity({
  name: 'ErasedMission',
  tableName: 'erased_mission',
  properties: { id: p.uuid().primary(), customer_id: p.text(), erased_at: p.datetime(3) },
});
export class ErasedMissionEntity extends ErasedMissionSchema.class {}
ErasedMissionSchema.setClass(ErasedMissionEntity);
