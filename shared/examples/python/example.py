"""MISSIONS_URL=http://127.0.0.1:8003 MISSIONS_KEY=... python3 shared/examples/python/example.py"""

import asyncio
import os

from missions import HubClient, MissionsError


async def main() -> None:
    url, key = os.environ.get("MISSIONS_URL", "http://127.0.0.1:8003"), os.environ["MISSIONS_KEY"]
    user = os.environ.get("MISSIONS_USER_ID", "ada")
    morning = HubClient(url, key, user_id=user, conversation_id="morning")
    mission = await morning.create_mission("Plan the offsite", priority="high", tasks=[{"title": "Find a date"}])
    await morning.log_mission_event(mission["id"], "user_message", content="Not on a Monday")

    # Another conversation finds it, and goes on.
    evening = HubClient(url, key, user_id=user, conversation_id="evening")
    found = (await evening.list_missions(status=["active"]))["missions"][0]
    context = await evening.resume_mission(found["id"])
    print(context["brief"])
    task = context["next_tasks"][0]
    await evening.update_mission_task(found["id"], task["id"], status="completed", result={"date": "Tuesday"})
    await evening.add_mission_task(found["id"], "Book the room")
    await evening.update_mission(found["id"], status="completed", summary="The offsite is on Tuesday.")
    done = await evening.get_mission(found["id"])
    print(done["status"], [each["status"] for each in done["tasks"]])
    try:
        await evening.add_mission_task(found["id"], "One more thing")
    except MissionsError as refused:
        print(refused.code)


asyncio.run(main())
