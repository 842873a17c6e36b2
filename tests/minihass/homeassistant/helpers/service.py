"""Services for entities."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.core import HassJob, HassJobType, HomeAssistant, ServiceCall, callback

if TYPE_CHECKING:
    from .entity import Entity


async def _handle_single_entity_call(
    hass: HomeAssistant, entity: Entity, func: str | HassJob[..., Any], data: dict[str, Any] | ServiceCall
) -> Any:
    """Run a service for one entity."""
    if isinstance(func, str):
        job = HassJob(partial(getattr(entity, func), **data), job_type=entity.get_hassjob_type(func))
        task = hass.async_run_hass_job(job)
    else:
        task = hass.async_run_hass_job(func, entity, data)

    result = None
    if task is not None:
        result = await task
    return result


async def entity_service_call(
    hass: HomeAssistant, entities: Mapping[str, Entity], func: str | HassJob[..., Any], call: ServiceCall
) -> None:
    """Run a service for all entities."""
    data: dict[str, Any] | ServiceCall = dict(call.data) if isinstance(func, str) else call
    for entity in entities.values():
        await _handle_single_entity_call(hass, entity, func, data)


@callback
def async_register_entity_service(
    hass: HomeAssistant,
    domain: str,
    name: str,
    *,
    entities: Mapping[str, Entity],
    func: str | Callable[..., Any],
    job_type: HassJobType | None,
    schema: dict[str, Any] | None,
) -> None:
    """Register a service for entities."""
    service_func: str | HassJob[..., Any]
    service_func = func if isinstance(func, str) else HassJob(func)

    hass.services.async_register(
        domain, name, partial(entity_service_call, hass, entities, service_func), job_type=job_type
    )
