# SPDX-License-Identifier: Apache-2.0
"""Which slot a name in an array of poses stands for, and which names are still awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kinest_ros.decoding.hands_in_use import parameter_of
from kinest_ros.decoding.listing import there_are
from kinest_ros.errors import KinestError

#: Names kept for the user to choose from; a mocap hall may have many.
MAX_NAMES = 40


class NameBook:
    """Slots by the names that the user or the input gives their trackers."""

    def __init__(
        self, slots: Iterable[str], given: Mapping[str, str], defaults: Mapping[str, str]
    ) -> None:
        """Settle the names.

        Args:
            slots: the slots in use.
            given: names by slot that the user chose.
            defaults: names of the slots left out there; the slot's own name if in neither.

        Raises:
            KinestError: two slots with one name.
        """
        self._slots: dict[str, str] = {}
        for slot in slots:
            name = given.get(slot) or defaults.get(slot, slot)
            if name in self._slots:
                first, second = parameter_of(self._slots[name]), parameter_of(slot)
                raise KinestError(
                    f"parameters '{first}' and '{second}' are both "
                    f"'{name}': give each tracker a name of its own"
                )
            self._slots[name] = slot
        self._awaited = {name for name, slot in self._slots.items() if slot in {"head", *given}}
        self.forget()

    def forget(self) -> None:
        """Forget which names were heard."""
        self._heard: set[str] = set()

    def slot_of(self, name: str) -> str | None:
        """Return the slot of a name that was heard, or None for one that is not ours."""
        if len(self._heard) < MAX_NAMES:
            self._heard.add(name)
        return self._slots.get(name)

    def missing(self) -> str | None:
        """Return which names are awaited in vain and which ones are there instead, or None."""
        missing = sorted(self._awaited - self._heard)
        return self._absent(missing) if missing and self._heard else None

    def why_unheard(self, slot: str) -> str | None:
        """Return what keeps a slot's poses away, or None while no name at all was heard."""
        name = next(name for name, named in self._slots.items() if named == slot)
        if name in self._heard:
            return f"'{name}' is present, but has no valid pose"
        return self._absent([name]) if self._heard else None

    def _absent(self, missing: list[str]) -> str:
        slots = ", ".join(parameter_of(self._slots[name]) for name in missing)
        called = ", ".join(map(repr, missing))
        return f"no tracker is called {called}{there_are(map(repr, self._heard))}: set {slots}"
