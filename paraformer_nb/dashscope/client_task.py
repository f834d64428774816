"""The client's side of one task as a state machine without I/O: commands to send, events to receive, their order.

    IDLE -- run --> STARTING -- task-started --> STREAMING -- finish --> FINISHING -- task-finished --> DONE
                                       any of them -- task-failed --> DONE

The caller chooses the task's id, and sends and receives the texts.
"""

from __future__ import annotations

from enum import Enum, auto

from ..errors import LocalProtocolError, RemoteProtocolError
from .context import ContextMessage
from .messages import (
    ContinueTask,
    Event,
    FinishTask,
    ResultGeneratedEvent,
    RunTask,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    encode_command,
    is_same_task,
)


class State(Enum):
    """The state of a task, as the client knows it."""

    IDLE = auto()
    STARTING = auto()
    STREAMING = auto()
    FINISHING = auto()
    DONE = auto()


class ClientTask:
    """One task, from run-task to task-finished or task-failed."""

    def __init__(self, command: RunTask) -> None:
        self.task_id = command.task_id
        self.state = State.IDLE
        self._command = command

    def run(self) -> str:
        """Return the run-task text. Raises LocalProtocolError if the task was started before."""
        self._expect(State.IDLE, "run-task")
        self.state = State.STARTING
        return encode_command(self._command)

    def audio(self, block: memoryview) -> memoryview:
        """Return the block if audio may be sent now. Raises LocalProtocolError: audio sent too early fails the task."""
        self._expect(State.STREAMING, "audio")
        return block

    def update_context(self, context: list[ContextMessage]) -> str:
        """Return the continue-task text with a new context. Raises LocalProtocolError outside of the task."""
        self._expect(State.STREAMING, "continue-task")
        return encode_command(ContinueTask(self.task_id, {"context": context}))

    def finish(self) -> str:
        """Return the finish-task text. Raises LocalProtocolError before task-started."""
        self._expect(State.STREAMING, "finish-task")
        self.state = State.FINISHING
        return encode_command(FinishTask(self.task_id))

    def receive(self, event: Event) -> Event | None:
        """Update the state with an event and return it; None for one that means nothing here: of another task, a
        task-started that is repeated, a heartbeat before the task has started. The vendor's SDKs ignore these, too.

        Raises RemoteProtocolError for an event that is not allowed in this state; retryable for the end of a task that
        was not asked to end, because a new one may go on from there.
        """
        if event.task_id and not is_same_task(event.task_id, self.task_id):
            return None
        match event:
            case TaskStartedEvent() if self.state in (State.STREAMING, State.FINISHING):
                return None
            case ResultGeneratedEvent() if self.state is State.STARTING and event.sentence.heartbeat:
                return None
            case TaskFinishedEvent() if self.state is State.STREAMING:
                raise RemoteProtocolError(
                    "the service ended the task before it had all audio (task-finished without finish-task). Final "
                    "sentences are kept. Continue from the run's journal with pnb.resume.",
                    retryable=True,
                )
            case TaskStartedEvent():
                self._allow(event, State.STARTING)
                self.state = State.STREAMING
            case ResultGeneratedEvent():
                self._allow(event, State.STREAMING, State.FINISHING)
            case TaskFinishedEvent():
                self._allow(event, State.FINISHING)
                self.state = State.DONE
            case TaskFailedEvent():
                self.state = State.DONE
        return event

    def _expect(self, state: State, what: str) -> None:
        if self.state is not state:
            raise LocalProtocolError(f"{what} cannot be sent now: the task is {self.state.name}, not {state.name}.")

    def _allow(self, event: Event, *states: State) -> None:
        if self.state not in states:
            name = type(event).__name__
            raise RemoteProtocolError(
                f"the service sent {name} while the task was {self.state.name}. Final sentences are kept. Run it again."
            )
