"""The released packages that carry a schema, and how each one spells it.

All are published under MIT or Apache-2.0. Where several carry one layer, the first in PACKAGES gives
the text and the others must agree with it.
"""

import ast
import dataclasses
import itertools
import json
import re
import tarfile
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from definition import NOT_API, Definition, parse_text


@dataclass(frozen=True)
class Package:
    """A package version and the layer of the schema inside."""

    registry: str  # "crates.io", "npm" or "PyPI"
    name: str
    version: str
    layer: int
    licence: str
    # Only where a registry holds several files for one version.
    sha256: str | None = None


PACKAGES = [
    *(
        Package("crates.io", "grammers-tl-types", version, layer, "MIT OR Apache-2.0")
        for version, layer in [
            ("0.4.0", 146),
            ("0.5.1", 166),
            ("0.6.0", 179),
            ("0.7.0", 186),
            ("0.8.0", 216),
            ("0.9.0", 222),
            ("0.10.0", 227),
            ("0.11.0", 230),
        ]
    ),
    *(
        Package("npm", "telegram", version, layer, "MIT")
        for version, layer in [
            ("2.9.7", 143),
            ("2.12.8", 145),
            ("2.14.9", 148),
            ("2.15.5", 150),
            ("2.16.4", 152),
            ("2.17.4", 158),
            ("2.18.36", 160),
            ("2.19.8", 165),
            ("2.20.2", 174),
            ("2.20.15", 177),
            ("2.22.2", 181),
            ("2.26.2", 184),
            ("2.26.8", 193),
            ("2.26.22", 198),
        ]
    ),
    *(
        Package("npm", "@mtcute/tl", version, layer, "MIT")
        for version, layer in [
            ("167.0.0", 167),
            ("185.1.0", 185),
            ("189.0.0", 189),
            ("204.0.0", 204),
            ("218.0.1", 218),
            ("220.0.0", 220),
            ("221.0.0", 221),
            ("223.0.0", 223),
        ]
    ),
    *(
        Package("PyPI", "telethon", version, layer, "MIT")
        for version, layer in [
            ("1.25.4", 144),
            ("1.28.5", 155),
            ("1.30.3", 162),
            ("1.34.0", 173),
            ("1.36.0", 181),
            ("1.39.0", 199),
            ("1.41.2", 214),
            ("1.42.0", 216),
            ("1.43.2", 224),
            ("1.44.0", 227),
            ("1.45.0", 229),
        ]
    ),
    # PyPI has two wheels of this version; the other one is of layer 214.
    Package(
        "PyPI",
        "telethon",
        "1.40.0",
        201,
        "MIT",
        "146fd4cb2a7afa66bc67f9c2167756096a37b930f65711a3e7399ec9874dcfa7",
    ),
]


def read_gramjs(archive: Path) -> tuple[int, list[Definition]]:
    """gramjs holds the text itself, in a template string."""
    with tarfile.open(archive) as tar:
        text = _member(tar, "tl/apiTl.js")
        layer = re.search(r"LAYER = (\d+)", _member(tar, "tl/AllTLObjects.js"))
    return int(layer[1]), parse_text(text[text.index("`") + 1 : text.rindex("`")])


def read_mtcute(archive: Path) -> tuple[int, list[Definition]]:
    """mtcute holds the schema as JSON; its `int53` is the schema's `long`."""
    with tarfile.open(archive) as tar:
        schema = json.loads(_member(tar, "api-schema.json"))
    definitions = []
    for entry in schema["e"]:
        if NOT_API.fullmatch(entry["name"]):
            continue
        fields = tuple(
            (argument["name"], _mtcute_type(argument["type"], argument.get("typeModifiers", {})))
            for argument in entry["arguments"]
        )
        result = _mtcute_type(entry["type"], entry.get("typeModifiers", {}))
        is_function = entry["kind"] == "method"
        definitions.append(Definition(entry["name"], entry["id"], fields, result, is_function))
    return schema["l"], definitions


def _mtcute_type(name: str, modifiers: dict) -> str:
    ty = "long" if name == "int53" else name
    if modifiers.get("isVector"):
        ty = f"Vector<{ty}>"
    if modifiers.get("isBareVector"):
        ty = f"vector<{ty}>"
    predicate = modifiers.get("predicate")
    return f"{predicate}?{ty}" if predicate else ty


def _member(tar: tarfile.TarFile, path: str) -> str:
    return tar.extractfile(f"package/{path}").read().decode()


# How the calls in a generated `from_reader` are spelled in the schema.
TELETHON_SCALARS = {
    "read_int": "int",
    "tgread_date": "int",
    "read_long": "long",
    "read_double": "double",
    "tgread_string": "string",
    "tgread_bytes": "bytes",
    "tgread_bool": "Bool",
}

# Field names that are words of Python.
TELETHON_NAMES = {"is_self": "self", "from_": "from"}


def read_telethon(
    archive: Path, result_names: dict[int, str], skipped: set[int]
) -> tuple[int, list[Definition]]:
    """Telethon holds generated Python code, whose `from_reader` repeats the fields in wire order.

    A class names its result type by CRC32 only, and a type hint lacks the namespace; `result_names`
    (filled from all other packages) and the hints give the words. `skipped` holds the ids of the transport's own
    schema, which the package mixes in.
    """
    sources = _python_sources(archive)
    table = ast.parse(sources["alltlobjects.py"])
    layer = next(
        node.value.value
        for node in table.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "LAYER"
    )
    names = dict(result_names)
    classes = []
    for path, text in sources.items():
        folder, _, file = path.partition("/")
        if folder not in ("types", "functions"):
            continue
        namespace = "" if file == "__init__.py" else file.removesuffix(".py") + "."
        for word in re.findall(r"'((?:\w+\.)?Type\w+)'", text):
            ty = _telethon_boxed(word)
            for spelled in (ty, f"Vector<{ty}>", namespace + ty):
                names[zlib.crc32(spelled.encode())] = spelled
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                classes.append((namespace, folder == "functions", node))
    definitions = [_telethon_class(*entry, names) for entry in classes]
    by_word = defaultdict(list)
    for name in names.values():
        by_word[name.rpartition(".")[2]].append(name)
    return layer, [
        _with_namespaces(definition, by_word)
        for definition in definitions
        if definition is not None
        and definition.id not in skipped
        and not NOT_API.fullmatch(definition.name)
    ]


def _with_namespaces(definition: Definition, by_word: dict[str, list[str]]) -> Definition:
    """Puts back the namespaces of the field types, so that the id becomes the CRC32 again."""
    if definition.checksum() == definition.id:
        return definition
    choices = []
    for name, ty in definition.fields:
        word = re.search(r"\w+(?=>?$)", ty)[0] if ty[-1] != "#" else ""
        spelled = by_word.get(word, []) or [word]
        choices.append([(name, ty.removesuffix(word + ">" * ty.count(">")) + s + ">" * ty.count(">")) for s in spelled])
    for fields in itertools.islice(itertools.product(*choices), 1000):
        candidate = dataclasses.replace(definition, fields=fields)
        if candidate.checksum() == definition.id:
            return candidate
    return definition


def _python_sources(archive: Path) -> dict[str, str]:
    """The files below `telethon/tl/` of a wheel or a source archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            files = {name: wheel.read(name).decode() for name in wheel.namelist() if _is_tl(name)}
    else:
        with tarfile.open(archive) as tar:
            files = {
                name: tar.extractfile(name).read().decode() for name in tar.getnames() if _is_tl(name)
            }
    return {name.split("telethon/tl/")[1]: text for name, text in files.items()}


def _is_tl(name: str) -> bool:
    return re.search(r"telethon/tl/((types|functions)/\w+|alltlobjects)\.py$", name) is not None


def _telethon_boxed(hint: str) -> str:
    """`auth.TypeSentCode` is the schema's `auth.SentCode`."""
    namespace, dot, name = hint.rpartition(".")
    return namespace + dot + name.removeprefix("Type")


def _telethon_class(
    namespace: str, is_function: bool, node: ast.ClassDef, names: dict[int, str]
) -> Definition | None:
    constants = {
        item.targets[0].id: item.value.value
        for item in node.body
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
    }
    methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    hints = {}
    if "__init__" in methods:
        for argument in methods["__init__"].args.args[1:]:
            hints[argument.arg] = _hint(argument.annotation)
    reader = methods.get("from_reader")
    fields = _telethon_fields(reader.body, hints) if reader else ()
    if fields is None:
        return None
    name = node.name.removesuffix("Request") if is_function else node.name
    name = namespace + name[0].lower() + name[1:]
    result = names.get(constants["SUBCLASS_OF_ID"], "?")
    return Definition(name, constants["CONSTRUCTOR_ID"], fields, result, is_function)


def _hint(annotation: ast.expr | None) -> str | None:
    """The boxed type inside an annotation such as `Optional[List['TypePeer']]`."""
    for node in ast.walk(annotation) if annotation else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            ty = _telethon_boxed(node.value)
            return "!X" if ty == "X" else ty
    return None


def _telethon_fields(body: list[ast.stmt], hints: dict[str, str | None]) -> tuple[tuple[str, str], ...] | None:
    """Follows the statements of `from_reader`.

    `None` for a bare vector: only the transport's own schema and an unused DNS format have any.
    """
    fields = []

    def scalar(name: str, call: ast.Call) -> str:
        method = call.func.attr
        if method == "tgread_object":
            return hints[name]
        if method == "read_large_int":
            return f"int{call.keywords[0].value.value}"
        return TELETHON_SCALARS[method]

    def value(statements: list[ast.stmt]) -> tuple[str, str]:
        """One value: an assignment, or a vector's header, loop and element."""
        assigned = next(statement for statement in statements if isinstance(statement, ast.Assign))
        name = assigned.targets[0].id.removeprefix("_")
        loop = next((statement for statement in statements if isinstance(statement, ast.For)), None)
        if loop is None:
            return name, scalar(name, assigned.value)
        return name, f"Vector<{scalar(name, loop.body[0].value)}>"

    def condition(test: ast.BinOp) -> str:
        return f"{test.left.id}.{test.right.value.bit_length() - 1}"

    def add(name: str, ty: str) -> None:
        fields.append((TELETHON_NAMES.get(name, name), ty))

    position = 0
    while position < len(body):
        statement = body[position]
        position += 1
        match statement:
            case ast.Assign(targets=[ast.Name(id=word)]) if not word.startswith("_"):
                add(word, "#")
            case ast.Assign(targets=[ast.Name(id=word)], value=ast.Call(func=ast.Name(id="bool"))):
                add(word.removeprefix("_"), f"{condition(statement.value.args[0])}?true")
            case ast.Assign(value=ast.List()):
                return None
            case ast.Assign():
                add(*value([statement]))
            case ast.If():
                name, ty = value(statement.body)
                add(name, f"{condition(statement.test)}?{ty}")
            case ast.Expr():  # the constructor id of a vector, then `_x = []` and the loop
                add(*value(body[position : position + 2]))
                position += 2
    return tuple(fields)
