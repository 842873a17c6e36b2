"""The core: the loop's owner, events, states and services."""

import asyncio
import enum
import functools
import inspect
import operator
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, final

from .const import EVENT_SERVICE_REGISTERED, EVENT_SERVICE_REMOVED, EVENT_STATE_CHANGED
from .exceptions import HomeAssistantError
from .util.async_ import create_eager_task, run_callback_threadsafe
from .util.hass_dict import HassDict

if TYPE_CHECKING:
    from .config_entries import ConfigEntries

type CALLBACK_TYPE = Callable[[], None]
type ServiceResponse = dict[str, Any] | None


def callback[_CallableT: Callable[..., Any]](func: _CallableT) -> _CallableT:
    """Mark a function as one that runs in the event loop."""
    setattr(func, "_hass_callback", True)  # noqa: B010
    return func


def _get_hass_identity(obj: HomeAssistant) -> HomeAssistant:
    """Return the root object itself."""
    return obj


_get_hass_public = operator.attrgetter("hass")
_get_hass_private = operator.attrgetter("_hass")


def verify_event_loop_thread[**_P, _R](what: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a function raise when it is called off the event loop."""

    def decorator(func: Callable[_P, _R]) -> Callable[_P, _R]:
        get_hass: Callable[[Any], HomeAssistant]

        def resolve_get_hass(obj: Any) -> HomeAssistant:
            nonlocal get_hass
            if isinstance(obj, HomeAssistant):
                get_hass = _get_hass_identity
            elif hasattr(obj, "hass"):
                get_hass = _get_hass_public
            else:
                get_hass = _get_hass_private
            return get_hass(obj)

        get_hass = resolve_get_hass

        @functools.wraps(func)
        def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            get_hass(args[0]).verify_event_loop_thread(what)
            return func(*args, **kwargs)

        return wrapper

    return decorator


def is_callback(func: Callable[..., Any]) -> bool:
    """Tell whether a function is marked as callback."""
    return getattr(func, "_hass_callback", False) is True


def is_callback_check_partial(target: Callable[..., Any]) -> bool:
    """Tell whether a function, partials taken off, is marked as callback."""
    check_target = target
    while isinstance(check_target, functools.partial):
        check_target = check_target.func
    return is_callback(check_target)


class HassJobType(enum.Enum):
    """Where a job runs."""

    Coroutinefunction = 1
    Callback = 2
    Executor = 3


@final
class HassJob[**_P, _R_co]:
    """A callable that will run where its kind says."""

    def __init__(
        self,
        target: Callable[_P, _R_co],
        name: str | None = None,
        *,
        cancel_on_shutdown: bool | None = None,
        job_type: HassJobType | None = None,
    ) -> None:
        """Take the callable."""
        self.target: Final = target
        self.name = name
        self._cancel_on_shutdown = cancel_on_shutdown
        self._cache: dict[str, Any] = {}
        if job_type:
            self._cache["job_type"] = job_type

    @property
    def job_type(self) -> HassJobType:
        """Return where the job runs."""
        return get_hassjob_callable_job_type(self.target)


def get_hassjob_callable_job_type(target: Callable[..., Any]) -> HassJobType:
    """Decide where a callable runs by its own kind."""
    check_target = target
    while isinstance(check_target, functools.partial):
        check_target = check_target.func

    if inspect.iscoroutinefunction(check_target):
        return HassJobType.Coroutinefunction
    if is_callback(check_target):
        return HassJobType.Callback
    if asyncio.iscoroutine(check_target):
        raise ValueError("A coroutine is no job")
    return HassJobType.Executor


class _Hass(threading.local):
    """What the loop's thread alone can get at."""

    hass: HomeAssistant | None = None


_hass = _Hass()


@callback
def async_get_hass() -> HomeAssistant:
    """Return the root object; raises in other threads."""
    if not (hass := async_get_hass_or_none()):
        raise HomeAssistantError("async_get_hass called from the wrong thread")
    return hass


def async_get_hass_or_none() -> HomeAssistant | None:
    """Return the root object, None in other threads."""
    return _hass.hass


class HomeAssistant:
    """The root object."""

    config_entries: ConfigEntries = None

    def __new__(cls, config_dir: str) -> HomeAssistant:  # noqa: PYI034 - as in the original
        """Let the loop's thread find it."""
        hass = super().__new__(cls)
        _hass.hass = hass
        return hass

    def __init__(self, config_dir: str) -> None:
        """Create the parts."""
        self.data = HassDict()
        self.loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._background_tasks: set[asyncio.Future[Any]] = set()
        self.bus = EventBus(self)
        self.services = ServiceRegistry(self)
        self.states = StateMachine(self.bus, self.loop)
        self.loop_thread_id = self.loop._thread_id

    def verify_event_loop_thread(self, what: str) -> None:
        """Raise when this is not the event loop's thread."""
        if self.loop_thread_id != threading.get_ident():
            from .helpers import frame  # noqa: PLC0415

            frame.report_non_thread_safe_operation(what)

    def add_job[*_Ts](self, target: Callable[[*_Ts], Any] | Coroutine[Any, Any, Any], *args: *_Ts) -> None:
        """Run a job where its kind says; may be called from any thread."""
        if target is None:
            raise ValueError("No job")
        if asyncio.iscoroutine(target):
            self.loop.call_soon_threadsafe(
                functools.partial(self.async_create_task, target, eager_start=True)
            )
            return
        if is_callback_check_partial(target) and not inspect.iscoroutinefunction(target):
            self.loop.call_soon_threadsafe(target, *args)
            return
        self.loop.call_soon_threadsafe(functools.partial(self._async_add_hass_job, HassJob(target), *args))

    @callback
    def async_add_job[_R, *_Ts](
        self,
        target: Callable[[*_Ts], Coroutine[Any, Any, _R] | _R] | Coroutine[Any, Any, _R],
        *args: *_Ts,
        eager_start: bool = False,
    ) -> asyncio.Future[_R] | None:
        """Run a job where its kind says."""
        if asyncio.iscoroutine(target):
            return self.async_create_task(target, eager_start=eager_start)

        return self._async_add_hass_job(HassJob(target), *args)

    @callback
    def async_add_hass_job[_R](
        self, hassjob: HassJob[..., _R], *args: Any, background: bool = False
    ) -> asyncio.Future[_R] | None:
        """Run a job where its kind says."""
        return self._async_add_hass_job(hassjob, *args, background=background)

    @callback
    def _async_add_hass_job[_R](
        self, hassjob: HassJob[..., _R], *args: Any, background: bool = False
    ) -> asyncio.Future[_R] | None:
        """Run a job where its kind says."""
        task: asyncio.Future[_R]
        if hassjob.job_type is HassJobType.Coroutinefunction:
            task = create_eager_task(hassjob.target(*args), name=hassjob.name, loop=self.loop)
            if task.done():
                return task
        elif hassjob.job_type is HassJobType.Callback:
            self.loop.call_soon(hassjob.target, *args)
            return None
        else:
            task = self.loop.run_in_executor(None, hassjob.target, *args)

        task_bucket = self._background_tasks if background else self._tasks
        task_bucket.add(task)
        task.add_done_callback(task_bucket.remove)
        return task

    def create_task(self, target: Coroutine[Any, Any, Any], name: str | None = None) -> None:
        """Run a coroutine in the loop; may be called from any thread."""
        self.loop.call_soon_threadsafe(
            functools.partial(self.async_create_task_internal, target, name, eager_start=True)
        )

    @callback
    def async_create_task[_R](
        self, target: Coroutine[Any, Any, _R], name: str | None = None, eager_start: bool = True
    ) -> asyncio.Task[_R]:
        """Run a coroutine in the loop."""
        if self.loop_thread_id != threading.get_ident():
            from .helpers import frame  # noqa: PLC0415

            frame.report_non_thread_safe_operation("hass.async_create_task")
        return self.async_create_task_internal(target, name, eager_start)

    @callback
    def async_create_task_internal[_R](
        self, target: Coroutine[Any, Any, _R], name: str | None = None, eager_start: bool = True
    ) -> asyncio.Task[_R]:
        """Run a coroutine in the loop, without the test."""
        if eager_start:
            task = create_eager_task(target, name=name, loop=self.loop)
            if task.done():
                return task
        else:
            task = self.loop.create_task(target, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.remove)
        return task

    @callback
    def async_create_background_task[_R](
        self, target: Coroutine[Any, Any, _R], name: str, eager_start: bool = True
    ) -> asyncio.Task[_R]:
        """Run a coroutine in the loop that nobody waits for."""
        if eager_start:
            task = create_eager_task(target, name=name, loop=self.loop)
            if task.done():
                return task
        else:
            task = self.loop.create_task(target, name=name)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.remove)
        return task

    @callback
    def async_add_executor_job[*_Ts, _T](
        self, target: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run a function in a worker thread."""
        task = self.loop.run_in_executor(None, target, *args)

        tracked = asyncio.current_task() in self._tasks
        task_bucket = self._tasks if tracked else self._background_tasks
        task_bucket.add(task)
        task.add_done_callback(task_bucket.remove)
        return task

    @callback
    def async_run_hass_job[_R](
        self, hassjob: HassJob[..., _R], *args: Any, background: bool = False
    ) -> asyncio.Future[_R] | None:
        """Run a job where its kind says; callbacks at once."""
        if hassjob.job_type is HassJobType.Callback:
            hassjob.target(*args)
            return None

        return self._async_add_hass_job(hassjob, *args, background=background)

    @callback
    def async_run_job[_R, *_Ts](
        self, target: Callable[[*_Ts], Coroutine[Any, Any, _R] | _R] | Coroutine[Any, Any, _R], *args: *_Ts
    ) -> asyncio.Future[_R] | None:
        """Run a job where its kind says; callbacks at once."""
        if asyncio.iscoroutine(target):
            return self.async_create_task(target, eager_start=True)

        return self.async_run_hass_job(HassJob(target), *args)


class Context:
    """Who caused an event."""


class Event[_DataT]:
    """One event."""

    def __init__(self, event_type: str, data: _DataT | None = None) -> None:
        """Take the data."""
        self.event_type = event_type
        self.data = data


class EventBus:
    """Fires events and runs their listeners."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without listeners."""
        self._listeners: defaultdict[str, list[tuple[HassJob[..., Any], Any]]] = defaultdict(list)
        self._hass = hass

    @callback
    def async_listeners(self) -> dict[str, int]:
        """Count the listeners."""
        return {key: len(listeners) for key, listeners in self._listeners.items()}

    @property
    def listeners(self) -> dict[str, int]:
        """Count the listeners; may be called from any thread."""
        return run_callback_threadsafe(self._hass.loop, self.async_listeners).result()

    def fire(
        self, event_type: str, event_data: dict[str, Any] | None = None, context: Context | None = None
    ) -> None:
        """Fire an event; may be called from any thread."""
        self._hass.loop.call_soon_threadsafe(self.async_fire_internal, event_type, event_data, context)

    @callback
    def async_fire(
        self,
        event_type: str,
        event_data: dict[str, Any] | None = None,
        context: Context | None = None,
        time_fired: float | None = None,
    ) -> None:
        """Fire an event."""
        if self._hass.loop_thread_id != threading.get_ident():
            from .helpers import frame  # noqa: PLC0415

            frame.report_non_thread_safe_operation("hass.bus.async_fire")
        return self.async_fire_internal(event_type, event_data, context, time_fired)

    @callback
    def async_fire_internal(
        self,
        event_type: str,
        event_data: dict[str, Any] | None = None,
        context: Context | None = None,
        time_fired: float | None = None,
    ) -> None:
        """Fire an event, without the test."""
        event: Event[Any] | None = None
        for job, event_filter in self._listeners[event_type]:
            if event_filter is not None and not event_filter(event_data):
                continue
            if not event:
                event = Event(event_type, event_data)
            self._hass.async_run_hass_job(job, event)

    def listen(self, event_type: str, listener: Callable[[Event[Any]], Any]) -> CALLBACK_TYPE:
        """Listen for events; may be called from any thread but the loop's."""
        async_remove_listener = run_callback_threadsafe(
            self._hass.loop, self.async_listen, event_type, listener
        ).result()

        def remove_listener() -> None:
            """Stop listening."""
            run_callback_threadsafe(self._hass.loop, async_remove_listener).result()

        return remove_listener

    @callback
    def async_listen(
        self,
        event_type: str,
        listener: Callable[[Event[Any]], Any],
        event_filter: Callable[[Any], bool] | None = None,
    ) -> CALLBACK_TYPE:
        """Listen for events."""
        if event_filter is not None and not is_callback_check_partial(event_filter):
            raise HomeAssistantError(f"{event_filter} is not a callback")
        return self._async_listen_filterable_job(
            event_type, (HassJob(listener, f"listen {event_type}"), event_filter)
        )

    @callback
    def _async_listen_filterable_job(
        self, event_type: str, filterable_job: tuple[HassJob[..., Any], Any]
    ) -> CALLBACK_TYPE:
        """Listen for events."""
        self._listeners[event_type].append(filterable_job)
        return functools.partial(self._async_remove_listener, event_type, filterable_job)

    def listen_once(self, event_type: str, listener: Callable[[Event[Any]], Any]) -> CALLBACK_TYPE:
        """Listen for one event; may be called from any thread but the loop's."""
        async_remove_listener = run_callback_threadsafe(
            self._hass.loop, self.async_listen_once, event_type, listener
        ).result()

        def remove_listener() -> None:
            """Stop listening."""
            run_callback_threadsafe(self._hass.loop, async_remove_listener).result()

        return remove_listener

    @callback
    def async_listen_once(self, event_type: str, listener: Callable[[Event[Any]], Any]) -> CALLBACK_TYPE:
        """Listen for one event."""
        one_time_listener = _OneTimeListener(self._hass, HassJob(listener))
        remove = self._async_listen_filterable_job(
            event_type, (HassJob(one_time_listener, job_type=HassJobType.Callback), None)
        )
        one_time_listener.remove = remove
        return remove

    @callback
    def _async_remove_listener(self, event_type: str, filterable_job: tuple[HassJob[..., Any], Any]) -> None:
        """Stop listening."""
        try:
            self._listeners[event_type].remove(filterable_job)
        except KeyError, ValueError:
            return


class _OneTimeListener:
    """Runs a listener once."""

    def __init__(self, hass: HomeAssistant, listener_job: HassJob[..., Any]) -> None:
        """Take the listener."""
        self.hass = hass
        self.listener_job = listener_job
        self.remove: CALLBACK_TYPE | None = None

    @callback
    def __call__(self, event: Event[Any]) -> None:
        """Stop listening, then run the listener."""
        if not self.remove:
            return
        self.remove()
        self.remove = None
        self.hass.async_run_hass_job(self.listener_job, event)


class State:
    """One state."""

    def __init__(self, entity_id: str, state: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Take the value."""
        self.entity_id = entity_id
        self.state = state
        self.attributes = attributes or {}


class StateMachine:
    """Holds all states."""

    def __init__(self, bus: EventBus, loop: asyncio.events.AbstractEventLoop) -> None:
        """Start empty."""
        self._states: dict[str, State] = {}
        self._bus = bus
        self._loop = loop

    def get(self, entity_id: str) -> State | None:
        """Read a state; may be called from any thread."""
        return self._states.get(entity_id) or self._states.get(entity_id.lower())

    def set(
        self,
        entity_id: str,
        new_state: str,
        attributes: Mapping[str, Any] | None = None,
        force_update: bool = False,
    ) -> None:
        """Write a state; may be called from any thread but the loop's."""
        run_callback_threadsafe(
            self._loop, self.async_set, entity_id, new_state, attributes, force_update
        ).result()

    @callback
    def async_set(
        self,
        entity_id: str,
        new_state: str,
        attributes: Mapping[str, Any] | None = None,
        force_update: bool = False,
    ) -> None:
        """Write a state."""
        self.async_set_internal(entity_id.lower(), str(new_state), attributes or {}, force_update)

    @callback
    def async_set_internal(
        self, entity_id: str, new_state: str, attributes: Mapping[str, Any], force_update: bool
    ) -> None:
        """Write a state, for the core only."""
        self._states[entity_id] = State(entity_id, new_state, attributes)
        self._bus.async_fire_internal(EVENT_STATE_CHANGED, {"entity_id": entity_id})

    @callback
    def async_all(self) -> list[State]:
        """Read all states."""
        return list(self._states.values())


class Service:
    """One service."""

    def __init__(
        self,
        func: Callable[[ServiceCall], Any],
        domain: str,
        service: str,
        job_type: HassJobType | None = None,
    ) -> None:
        """Make a job of the function."""
        self.job = HassJob(func, f"service {domain}.{service}", job_type=job_type)


class ServiceCall:
    """One call of a service."""

    def __init__(self, hass: HomeAssistant, domain: str, service: str, data: dict[str, Any]) -> None:
        """Take the data."""
        self.hass = hass
        self.domain = domain
        self.service = service
        self.data = data


class ServiceRegistry:
    """Offers the services."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without services."""
        self._services: dict[str, dict[str, Service]] = {}
        self._hass = hass

    def has_service(self, domain: str, service: str) -> bool:
        """Tell whether a service exists; may be called from any thread."""
        return service.lower() in self._services.get(domain.lower(), {})

    def register(self, domain: str, service: str, service_func: Callable[[ServiceCall], Any]) -> None:
        """Register a service; may be called from any thread but the loop's."""
        run_callback_threadsafe(self._hass.loop, self._async_register, domain, service, service_func).result()

    @callback
    @verify_event_loop_thread("hass.services.async_register")
    def async_register(
        self,
        domain: str,
        service: str,
        service_func: Callable[[ServiceCall], Any],
        job_type: HassJobType | None = None,
    ) -> None:
        """Register a service."""
        self._async_register(domain, service, service_func, job_type)

    @callback
    def _async_register(
        self,
        domain: str,
        service: str,
        service_func: Callable[[ServiceCall], Any],
        job_type: HassJobType | None = None,
    ) -> None:
        """Register a service, without the test."""
        service_obj = Service(service_func, domain, service, job_type=job_type)
        self._services.setdefault(domain, {})[service] = service_obj
        self._hass.bus.async_fire_internal(EVENT_SERVICE_REGISTERED, {"service": service})

    def remove(self, domain: str, service: str) -> None:
        """Remove a service; may be called from any thread but the loop's."""
        run_callback_threadsafe(self._hass.loop, self._async_remove, domain, service).result()

    @callback
    @verify_event_loop_thread("hass.services.async_remove")
    def async_remove(self, domain: str, service: str) -> None:
        """Remove a service."""
        self._async_remove(domain, service)

    @callback
    def _async_remove(self, domain: str, service: str) -> None:
        """Remove a service, without the test."""
        self._services[domain].pop(service)
        self._hass.bus.async_fire_internal(EVENT_SERVICE_REMOVED, {"service": service})

    def call(
        self, domain: str, service: str, service_data: dict[str, Any] | None = None, blocking: bool = False
    ) -> ServiceResponse:
        """Call a service and wait; may be called from any thread but the loop's."""
        return asyncio.run_coroutine_threadsafe(
            self.async_call(domain, service, service_data, blocking), self._hass.loop
        ).result()

    async def async_call(
        self, domain: str, service: str, service_data: dict[str, Any] | None = None, blocking: bool = False
    ) -> ServiceResponse:
        """Call a service."""
        handler = self._services[domain][service]
        service_call = ServiceCall(self._hass, domain, service, service_data or {})
        coro = self._execute_service(handler, service_call)
        if not blocking:
            self._hass.async_create_task_internal(coro, "service call", eager_start=True)
            return None
        return await coro

    async def _execute_service(self, handler: Service, service_call: ServiceCall) -> ServiceResponse:
        """Run a service where its kind says."""
        job = handler.job
        target = job.target
        if job.job_type is HassJobType.Coroutinefunction:
            return await target(service_call)
        if job.job_type is HassJobType.Callback:
            return target(service_call)
        return await self._hass.async_add_executor_job(target, service_call)
