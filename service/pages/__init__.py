"""The pages for people: queue, incident, second reading, the supervisor's and the auditor's pages, the guide."""

from fastapi import APIRouter

from service.pages import assurance, door, incident, queue, record, score, second_reading

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
for _page in (score, queue, incident, second_reading, assurance, record, door):
    router.include_router(_page.router)
