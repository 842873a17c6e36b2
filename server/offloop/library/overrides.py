"""What cannot be read from Home Assistant's source: the standard library, and breaks in the flow of data.

Every entry names its reason. Names are canonical dotted names; an index counts arguments from 0, ``self``
excluded.
"""

from __future__ import annotations

from collections.abc import Mapping

from offloop.library.model import Dispatch, HandOff, Kind, LoopApi, Origin, Tier, Type

_STDLIB = Origin("", 0)

# The primitives that everything else is built on: the standard library's own documents say where they run
# what they are given.
_HANDOFFS: tuple[tuple[str, int, str, Dispatch, bool], ...] = (
    ("asyncio.AbstractEventLoop.call_soon", 0, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.call_soon_threadsafe", 0, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.call_later", 1, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.call_at", 1, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.run_in_executor", 1, "func", Dispatch.EXECUTOR, True),
    ("asyncio.AbstractEventLoop.add_reader", 1, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.add_writer", 1, "callback", Dispatch.LOOP, True),
    ("asyncio.AbstractEventLoop.add_signal_handler", 1, "callback", Dispatch.LOOP, True),
    ("asyncio.Future.add_done_callback", 0, "fn", Dispatch.LOOP, False),
    ("asyncio.Task.add_done_callback", 0, "fn", Dispatch.LOOP, False),
    ("asyncio.to_thread", 0, "func", Dispatch.EXECUTOR, True),
    ("threading.Thread", 1, "target", Dispatch.THREAD, False),
    ("threading.Timer", 1, "function", Dispatch.THREAD, False),
    ("_thread.start_new_thread", 0, "function", Dispatch.THREAD, False),
    ("concurrent.futures.Executor.submit", 0, "fn", Dispatch.EXECUTOR, True),
    ("concurrent.futures.Executor.map", 0, "fn", Dispatch.EXECUTOR, False),
    ("concurrent.futures.ThreadPoolExecutor.submit", 0, "fn", Dispatch.EXECUTOR, True),
    ("concurrent.futures.ThreadPoolExecutor.map", 0, "fn", Dispatch.EXECUTOR, False),
    # Higher-order functions of the language: the callable runs where they are called.
    ("builtins.map", 0, "function", Dispatch.CALLER, False),
    ("builtins.filter", 0, "function", Dispatch.CALLER, False),
    ("builtins.sorted", 9, "key", Dispatch.CALLER, False),
    ("builtins.min", 9, "key", Dispatch.CALLER, False),
    ("builtins.max", 9, "key", Dispatch.CALLER, False),
    ("functools.reduce", 0, "function", Dispatch.CALLER, False),
)

# Where the flow of data loses the callable: Store keeps it in one dictionary with what is to be written
# (helpers/storage.py, class Store). API, index, keyword; catalog/kept_with_data.py reads where it is called.
KEPT_WITH_DATA = ("homeassistant.helpers.storage.Store.async_delay_save", 0, "data_func")

# Where the flow of data loses the callable in a container of tuples, or in a library: parameters by API and name.
LOST_ON_THE_WAY: Mapping[tuple[str, str], Dispatch] = {
    # Kept with the listener in a tuple in a list; async_fire_internal calls it (core.py).
    ("homeassistant.core.EventBus.async_listen", "event_filter"): Dispatch.LOOP,
    # Kept with its schema in a tuple in hass.data; ActiveConnection.async_handle calls it (connection.py).
    ("homeassistant.components.websocket_api.async_register_command", "command_or_handler"): Dispatch.LOOP,
    ("homeassistant.components.websocket_api.async_register_command", "handler"): Dispatch.LOOP,
    # Kept by the library habluetooth, whose manager calls it in the loop.
    ("homeassistant.components.bluetooth.api.async_register_callback", "callback"): Dispatch.LOOP,
    ("homeassistant.components.bluetooth.api.async_track_unavailable", "callback"): Dispatch.LOOP,
    (
        "homeassistant.components.bluetooth.api.async_register_advertisement_callback",
        "callback",
    ): Dispatch.LOOP,
    # Kept by the environment of the template, whose undefined values call it while they are rendered.
    ("homeassistant.helpers.template.Template.async_render", "log_fn"): Dispatch.CALLER,
    ("homeassistant.helpers.template.Template.async_render_to_info", "log_fn"): Dispatch.CALLER,
}

# What a library's source leaves open: zeroconf runs a loop of its own in a thread where it is made without one
# (zeroconf/_core, Zeroconf.start), so that its coroutines may be anywhere. The browser for asyncio is made where a loop
# runs (asyncio.ensure_future in its constructor) and calls its handlers there.
_OF_LIBRARIES: tuple[tuple[str, int, str, Dispatch, bool], ...] = (
    ("zeroconf.asyncio.AsyncServiceBrowser", 2, "handlers", Dispatch.LOOP, False),
)

# Where the derivation loses the callable: HassJob is the dispatcher (core.py, class HassJob) and decides by
# the callable's own kind, which no flow of data can show.
JOB_CLASSES: frozenset[str] = frozenset({"homeassistant.core.HassJob"})

# What asyncio calls on protocols ("Protocols" in its documentation).
_PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "BaseProtocol": (),
    "Protocol": ("data_received", "eof_received"),
    "BufferedProtocol": ("get_buffer", "buffer_updated", "eof_received"),
    "DatagramProtocol": ("datagram_received", "error_received"),
    "SubprocessProtocol": ("pipe_data_received", "pipe_connection_lost", "process_exited"),
}
_OF_ALL_PROTOCOLS = ("connection_made", "connection_lost", "pause_writing", "resume_writing")

# What makes a protocol of a factory, whatever class that is of, and calls it in the loop.
_TAKE_FACTORIES = (
    "create_connection",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "create_datagram_endpoint",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "subprocess_exec",
    "subprocess_shell",
)
_WAYS_OF_PROTOCOLS = tuple(
    f"().{method}" for method in dict.fromkeys((*_OF_ALL_PROTOCOLS, *sum(_PROTOCOLS.values(), ())))
)

HANDOFFS: Mapping[str, tuple[HandOff, ...]] = {
    **{
        api: (HandOff(api, index, keyword, dispatch, _STDLIB, rest),)
        for api, index, keyword, dispatch, rest in (*_HANDOFFS, *_OF_LIBRARIES)
    },
    **{
        (api := f"asyncio.AbstractEventLoop.{name}"): tuple(
            HandOff(api, 0, "protocol_factory", Dispatch.LOOP, _STDLIB, way=way) for way in _WAYS_OF_PROTOCOLS
        )
        for name in _TAKE_FACTORIES
    },
    **{name: (HandOff(name, 0, "target", Dispatch.BY_TYPE, _STDLIB),) for name in JOB_CLASSES},
}

# asyncio's own calls that are not thread-safe ("Concurrency and Multithreading" in its documentation).
_ASYNCIO = (
    "asyncio.AbstractEventLoop.call_soon",
    "asyncio.AbstractEventLoop.call_later",
    "asyncio.AbstractEventLoop.call_at",
    "asyncio.AbstractEventLoop.create_task",
    "asyncio.AbstractEventLoop.run_in_executor",
    "asyncio.AbstractEventLoop.add_reader",
    "asyncio.AbstractEventLoop.add_writer",
    "asyncio.AbstractEventLoop.stop",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.Future.set_result",
    "asyncio.Future.set_exception",
    "asyncio.Future.cancel",
    "asyncio.Task.cancel",
    "asyncio.TimerHandle.cancel",
    "asyncio.Event.set",
    "asyncio.Event.clear",
    "asyncio.Queue.put_nowait",
    "asyncio.Queue.get_nowait",
    "asyncio.Transport.write",
    "asyncio.Transport.close",
    "asyncio.BaseTransport.close",
    "asyncio.WriteTransport.write",
    "asyncio.DatagramTransport.sendto",
    "asyncio.StreamWriter.write",
    "asyncio.StreamWriter.close",
)

ASYNCIO_APIS: Mapping[str, LoopApi] = {
    name: LoopApi(name, Kind.PLAIN, Tier.CORRUPTS, None, _STDLIB, "asyncio is not thread-safe")
    for name in _ASYNCIO
}

# asyncio functions that, without arguments, raise RuntimeError where no event loop runs in the thread (asyncio's
# documentation of each). Unlike ASYNCIO_APIS they change nothing, and integrations may call them to find out.
RAISE_OFF_LOOP: Mapping[str, str] = {
    name: f"{name}() raises where no event loop runs"
    for name in ("asyncio.get_running_loop", "asyncio.current_task", "asyncio.all_tasks")
}

# Names under which the standard library re-exports the classes above.
RENAMES: Mapping[str, str] = {
    "asyncio.events.AbstractEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.BaseEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.base_events.BaseEventLoop": "asyncio.AbstractEventLoop",
    "asyncio.events.TimerHandle": "asyncio.TimerHandle",
    "asyncio.events.Handle": "asyncio.Handle",
    "asyncio.futures.Future": "asyncio.Future",
    "asyncio.tasks.Task": "asyncio.Task",
    "asyncio.tasks.create_task": "asyncio.create_task",
    "asyncio.tasks.ensure_future": "asyncio.ensure_future",
    "asyncio.tasks.run_coroutine_threadsafe": "asyncio.run_coroutine_threadsafe",
    "concurrent.futures.thread.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "asyncio.locks.Event": "asyncio.Event",
    "asyncio.queues.Queue": "asyncio.Queue",
    "asyncio.protocols.Protocol": "asyncio.Protocol",
    "asyncio.protocols.DatagramProtocol": "asyncio.DatagramProtocol",
}

_LOOP = Type("asyncio.AbstractEventLoop")
_TASK = Type("asyncio.Task")
_HANDLE = Type("asyncio.TimerHandle")

# Results of standard library calls that matter for receivers.
RESULTS: Mapping[str, Type] = {
    "asyncio.get_event_loop": _LOOP,
    "asyncio.get_running_loop": _LOOP,
    "asyncio.create_task": _TASK,
    "asyncio.ensure_future": _TASK,
    "asyncio.AbstractEventLoop.create_task": _TASK,
    "asyncio.AbstractEventLoop.create_future": Type("asyncio.Future"),
    "asyncio.AbstractEventLoop.call_soon": Type("asyncio.Handle"),
    "asyncio.AbstractEventLoop.call_later": _HANDLE,
    "asyncio.AbstractEventLoop.call_at": _HANDLE,
}

# How libraries name the event loop that they are given, and often do not declare (asyncio's own parameters' name).
LOOP_NAMES: Mapping[str, Type] = {"loop": _LOOP, "_loop": _LOOP}

# Methods of standard library classes that run in another thread, or in the thread of whoever calls.
# logging.Handler.emit runs in each thread that logs, worker threads of integrations and libraries among them.
METHODS_IN: Mapping[tuple[str, str], tuple[str, str]] = {
    ("threading.Thread", "run"): ("worker", "threading.Thread.start runs it in a thread of its own"),
    ("logging.Handler", "emit"): ("both", "logging calls it in the thread that logs"),
    **{
        (f"asyncio.{protocol}", method): ("loop", "the event loop calls the methods of its protocols")
        for protocol, methods in _PROTOCOLS.items()
        for method in (*_OF_ALL_PROTOCOLS, *methods)
    },
}

# Names without which nothing can be said of what stands behind them; what each is for goes into the notice.
LANDMARKS: Mapping[str, str] = {
    "homeassistant.core.callback": "marks the functions of the event loop",
    "homeassistant.core.HassJob": "decides by its kind where a callable runs",
    "homeassistant.core.HomeAssistant": "is what `hass` stands for",
    "homeassistant.helpers.entity.Entity": "calls the methods of entities",
}

# The oldest release that catalogs are compared with, and the first whose functions check the thread.
OLDEST_RELEASE = "2021.1"
GUARDS_SINCE = "2024.5"

# HassJob's argument that settles where the callable runs, whatever its kind (core.py, HassJob.__init__).
JOB_TYPE_KEYWORD = "job_type"
FORCED: Mapping[str, Dispatch] = {
    "Callback": Dispatch.LOOP,
    "Coroutinefunction": Dispatch.LOOP,
    "Executor": Dispatch.EXECUTOR,
}

# The decorator that marks a function for the loop (core.py, callback).
CALLBACK_DECORATORS: frozenset[str] = frozenset({"homeassistant.core.callback"})

# Keys of hass.data that carry the type of their value (util/hass_dict.pyi): the argument, or a mapping to it.
TYPED_KEYS: Mapping[str, bool] = {
    "homeassistant.util.hass_dict.HassKey": False,
    "homeassistant.util.hass_dict.HassEntryKey": True,
}

# Home Assistant names what belongs to the loop with this prefix, decorated or not.
LOOP_PREFIXES = ("async_", "_async_")

# The ending of what core keeps for itself: the same work without the guard (core.py, async_fire_internal).
INTERNAL_SUFFIX = "_internal"

# What fixes are written with. The class is what conventions call ``hass``; its methods are core.py's
# (HomeAssistant.add_job, create_task), the function util/async_.py's.
HANDLE = "homeassistant.core.HomeAssistant"
HANDLE_NAMES = ("hass", "_hass")
# The classes are those of Home Assistant that hold it for others (core.py, ServiceCall; helpers/entity.py, Entity;
# helpers/update_coordinator.py, DataUpdateCoordinator).
HANDLE_HOLDERS = frozenset(
    {
        "homeassistant.core.ServiceCall",
        "homeassistant.helpers.entity.Entity",
        "homeassistant.helpers.update_coordinator.DataUpdateCoordinator",
    }
)
ADD_JOB = "add_job"
CREATE_TASK = "create_task"
EXECUTOR_JOB = "async_add_executor_job"
CALL_AND_WAIT = ("homeassistant.util.async_", "run_callback_threadsafe")
RUN_COROUTINE = ("asyncio", "run_coroutine_threadsafe")
