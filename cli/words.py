"""The words of a command line, put in the order in which they are read. Pure."""

from collections.abc import Sequence

_TAKES_VALUE = ("-n", "--namespace", "--context", "--kubeconfig")


def arrange(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words with the options about where first, and what stands behind `--`.

    kubectl takes such options anywhere, so people write them anywhere.
    """
    own, tail = list(words), []
    if "--" in own:
        place = own.index("--")
        own, tail = own[:place], own[place + 1 :]
    where: list[str] = []
    rest: list[str] = []
    while own:
        word = own.pop(0)
        if word in _TAKES_VALUE:
            where += [word, *own[:1]]
            own = own[1:]
        elif word.startswith(tuple(f"{option}=" for option in _TAKES_VALUE if "--" in option)):
            where.append(word)
        else:
            rest.append(word)
    return [*where, *rest], tail
