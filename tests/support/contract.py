"""Does a class sign a Protocol, name for name and parameter for parameter?"""

from __future__ import annotations

import inspect


def missing_from(signer: type, contract: type) -> list[str]:
    """The members of `contract` that `signer` has not, or has with other parameters."""
    broken: list[str] = []
    for name, promised in vars(contract).items():
        if name.startswith("_"):
            continue
        given = getattr(signer, name, None)
        if callable(promised):
            if not callable(given) or parameters(given) != parameters(promised):
                broken.append(f"{name}{inspect.signature(promised)}")
            elif inspect.iscoroutinefunction(promised) != inspect.iscoroutinefunction(given):
                broken.append(f"{name}: one waits, the other does not")
    return broken


def parameters(function: object) -> list[tuple[str, object]]:
    """Names and kinds of a function's parameters, without `self`."""
    found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(p.name, p.kind) for p in found if p.name != "self"]
