"""Whether every template of a data folder can be used: read, and rendered with everything there can be."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from playbook.letters.kinds import LOCALES, LetterKind
from playbook.letters.render import Entry, LetterContext, Offered, environment, rendered
from playbook.letters.words import LetterError, read_words
from playbook.policy.base import PolicyFault

_EXAMPLES: dict[object, object] = {
    str: "text",
    int: 1,
    bool: True,
    tuple[str, ...]: ("text",),
    tuple[Entry, ...]: (Entry("text", "goods"),),
    tuple[Offered, ...]: (Offered("claim", ("a) option",)),),
}
_EMPTY: dict[object, object] = {str: "", int: 0, bool: False}


def template_faults(folder: Path) -> tuple[PolicyFault, ...]:
    """Everything that keeps a template in *folder* from being used, with file and line.

    A template is read, its names are compared with those of `LetterContext`, and it is rendered once with
    a text for everything and once with nothing.
    """
    world = environment(folder)
    faults = [
        fault for locale in LOCALES for kind in LetterKind for fault in _of(world, folder, kind, locale)
    ]
    for locale in LOCALES:
        try:
            read_words(folder, locale)
        except LetterError as error:
            faults.extend(error.faults)
    return tuple(dict.fromkeys(faults))


def _of(world: SandboxedEnvironment, folder: Path, kind: LetterKind, locale: str) -> Iterator[PolicyFault]:
    name = f"{locale}/{kind.value}.txt.j2"
    path = folder / name
    if not path.is_file():
        yield PolicyFault(f"templates/{name}", 1, "", "the file is missing")
        return
    try:
        tree = world.parse(path.read_text("utf-8"), name)
    except (TemplateSyntaxError, UnicodeError) as error:
        line = error.lineno if isinstance(error, TemplateSyntaxError) else 1
        yield PolicyFault(f"templates/{name}", line, "", str(error).splitlines()[0])
        return
    known = {field.name for field in fields(LetterContext)}
    local = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"} | {"loop"}
    unknown = [name for name in tree.find_all(nodes.Name) if name.name not in known | local]
    for used in unknown:
        sentence = f"no letter knows the name {used.name!r}; there are {', '.join(sorted(known))}"
        yield PolicyFault(f"templates/{name}", used.lineno, "", sentence)
    if unknown:
        return
    for values in (_EXAMPLES, _EMPTY):
        given = {field.name: values.get(field.type, ()) for field in fields(LetterContext)}
        try:
            rendered(world, kind, locale, LetterContext(**given))  # type: ignore[arg-type]
        except LetterError as error:
            yield from error.faults
            return
