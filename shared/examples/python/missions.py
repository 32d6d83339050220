"""A client of Missions with nothing but Python's standard library (3.9 or newer).

    hub = HubClient("http://127.0.0.1:8003", key="mak_...", user_id="ada")
    mission = await hub.create_mission("Plan the offsite", tasks=[{"title": "Find a date"}])

Every method is a coroutine; the call itself runs in a thread. A write is safe to repeat: it bears an Idempotency-Key,
and is tried again while the product has no answer (503, 504, or no connection). A refusal is a MissionsError.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any, Dict, List, Literal, Optional, TypedDict, cast

Priority = Literal["low", "normal", "high", "urgent"]
Json = Dict[str, Any]

_ATTEMPTS = 6
_AGAIN = (429, 503, 504)


class Task(TypedDict, total=False):
    id: str
    title: str
    status: str
    result: Json


class Mission(TypedDict, total=False):
    id: str
    title: str
    status: str
    phase: str
    priority: Priority
    version: int
    tasks: List[Task]


class MissionList(TypedDict):
    missions: List[Mission]
    next_cursor: Optional[str]


class ResumeContext(TypedDict, total=False):
    mission: Mission
    tasks: List[Task]
    next_tasks: List[Task]
    recent_events: List[Json]
    brief: str


class MissionsError(Exception):
    """The product refused a call, or gave no answer. `code` is stable; the message says how to mend the call."""

    def __init__(self, code: str, detail: str, status: int, problem: Optional[Json] = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.status = status
        self.problem = problem or {}


class HubClient:
    """The API for agents (/api/internal), as one agent of one user."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        user_id: str,
        customer_id: Optional[str] = None,
        agent_id: Optional[str] = None,
        conversation_id: str = "",
        timeout: float = 30.0,
    ) -> None:
        self._base = base_url.rstrip("/") + "/api/internal"
        self._user_id = user_id
        self._conversation_id = conversation_id
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        # For the trusted backend, which may name them; an agent's key is bound to its own.
        if customer_id is not None:
            self._headers["X-Customer-ID"] = customer_id
        if agent_id is not None:
            self._headers["X-Agent-Instance-ID"] = agent_id

    async def list_missions(
        self, status: Optional[List[str]] = None, include_tasks: bool = True, **query: Any
    ) -> MissionList:
        query = {**query, "user_id": self._user_id, "include_tasks": include_tasks}
        if status:
            query["status"] = ",".join(status)
        return cast(MissionList, await self._call("GET", "/missions", query=query))

    async def create_mission(
        self, title: str, description: str = "", priority: Priority = "normal", **fields: Any
    ) -> Mission:
        body = {**fields, "title": title, "description": description, "priority": priority}
        body.update(user_id=self._user_id, conversation_id=self._conversation_id)
        return cast(Mission, await self._call("POST", "/missions", body))

    async def get_mission(self, mission_id: str, include_events: int = 5) -> Mission:
        query = {"include_events": include_events}
        return cast(Mission, await self._call("GET", f"/missions/{_segment(mission_id)}", query=query))

    async def update_mission(
        self, mission_id: str, *, if_version: Optional[int] = None, **changes: Any
    ) -> Mission:
        """With `if_version`, a mission that has changed since is left alone (VERSION_MISMATCH)."""
        headers = {} if if_version is None else {"If-Match": f'"{if_version}"'}
        path = f"/missions/{_segment(mission_id)}"
        return cast(Mission, await self._call("PATCH", path, changes, headers=headers))

    async def add_mission_task(self, mission_id: str, title: str, **fields: Any) -> Task:
        path = f"/missions/{_segment(mission_id)}/tasks"
        return cast(Task, await self._call("POST", path, {**fields, "title": title}))

    async def update_mission_task(self, mission_id: str, task_id: str, **changes: Any) -> Task:
        path = f"/missions/{_segment(mission_id)}/tasks/{_segment(task_id)}"
        return cast(Task, await self._call("PATCH", path, changes))

    async def log_mission_event(self, mission_id: str, event_type: str, **fields: Any) -> Json:
        body = {"conversation_id": self._conversation_id, **fields, "event_type": event_type}
        return await self._call("POST", f"/missions/{_segment(mission_id)}/events", body)

    async def resume_mission(self, mission_id: str, **fields: Any) -> ResumeContext:
        body = {"conversation_id": self._conversation_id, **fields}
        return cast(ResumeContext, await self._call("POST", f"/missions/{_segment(mission_id)}/resume", body))

    async def _call(
        self,
        method: str,
        path: str,
        body: Optional[Json] = None,
        *,
        query: Optional[Json] = None,
        headers: Optional[Dict[str, str]] = None,
    ) -> Json:
        sent = {**self._headers, **(headers or {})}
        if method == "POST":
            sent["Idempotency-Key"] = str(uuid.uuid4())
        url = self._base + path
        if query:
            text = {name: _query_text(value) for name, value in query.items() if value is not None}
            url += "?" + urllib.parse.urlencode(text)
        # A PATCH is repeated only where it was not carried out, or is bound to a version.
        repeatable = method != "PATCH" or "If-Match" in sent
        return await asyncio.to_thread(self._send, method, url, body, sent, repeatable)

    def _send(self, method: str, url: str, body: Optional[Json], headers: Dict[str, str], repeatable: bool) -> Json:
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(1, _ATTEMPTS + 1):
            request = urllib.request.Request(url, data=data, headers=headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=self._timeout) as response:
                    return cast(Json, json.loads(response.read() or b"{}"))
            except urllib.error.HTTPError as error:
                failure, wait = _refusal(error), error.headers.get("Retry-After", "")
                again = error.code in _AGAIN and (repeatable or error.code == 429)
            except OSError as error:
                failure, wait = MissionsError("UNREACHABLE", f"No answer from {url}: {error}", 0), ""
                again = repeatable
            if not again or attempt == _ATTEMPTS:
                raise failure
            pause = min(0.2 * 2**attempt, 5.0) * (0.5 + random.random() / 2)
            time.sleep(max(pause, float(wait) if wait.isdigit() else 0.0))
        raise AssertionError("unreachable")


def _refusal(error: urllib.error.HTTPError) -> MissionsError:
    text = error.read().decode("utf-8", "replace")
    try:
        problem = cast(Json, json.loads(text))
        return MissionsError(str(problem["code"]), str(problem.get("detail", "")), error.code, problem)
    except (ValueError, KeyError, TypeError):
        return MissionsError("UNEXPECTED_ANSWER", text[:200], error.code)


def _segment(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _query_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
