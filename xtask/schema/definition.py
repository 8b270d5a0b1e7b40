"""One line of a TL schema: parsing, printing, and its CRC32."""

import re
import zlib
from dataclasses import dataclass

# Lines that are no part of the API: the encoding itself, which every TL runtime has built in, and
# formats that travel outside of it (configuration over DNS, the TLS disguise of proxies), and what
# single packages add for their own use.
NOT_API = re.compile(
    r"boolTrue|boolFalse|true|vector|null|error"
    r"|accessPointRule|help\.configSimple|ipPort|ipPortSecret|tls[BC]\w*"
    r"|mtcute\..*|test\..*|invokeWith\w+Prefix|inputPeerPhotoFileLocationLegacy|inputStickerSetThumbLegacy"
)

TRUE_FLAG = re.compile(r" \w+:\w+\.\d+\?true(?= )")


@dataclass(frozen=True)
class Definition:
    """A constructor or a function as the schema spells it."""

    name: str
    id: int
    # (name, type) in wire order; the type is spelled with its condition, `flags.3?Vector<int>`.
    fields: tuple[tuple[str, str], ...]
    result: str
    is_function: bool

    def body(self) -> str:
        """Everything that follows the id."""
        generic = " {X:Type}" if any(ty == "!X" for _, ty in self.fields) else ""
        fields = "".join(f" {name}:{ty}" for name, ty in self.fields)
        return f"{generic}{fields} = {self.result}"

    def line(self) -> str:
        """The schema line."""
        return f"{self.name}#{self.id:x}{self.body()};"

    def checksum(self) -> int:
        """The id that the line should have: CRC32 of its text.

        Telegram computes it without `true` flags (so that adding one keeps the id), with `bytes`
        written as `string` (but not inside a vector) and without brackets.
        """
        text = TRUE_FLAG.sub("", self.name + self.body())
        text = re.sub(r"(?<=[:?])bytes(?= )", "string", text)
        text = text.replace("<", " ").replace(">", "").replace("{", "").replace("}", "")
        return zlib.crc32(text.encode())


def parse_text(text: str) -> list[Definition]:
    """Reads a plain schema text."""
    definitions = []
    is_function = False
    for line in text.splitlines():
        line = line.split("//")[0].strip()
        if line.startswith("---"):
            is_function = line == "---functions---"
            continue
        if "#" not in line.split(" ")[0]:
            continue
        definition = parse_line(line, is_function)
        if not NOT_API.fullmatch(definition.name):
            definitions.append(definition)
    return definitions


def parse_line(line: str, is_function: bool) -> Definition:
    """Reads `name#id field:type … = Result;`."""
    left, result = line.strip().rstrip(";").rstrip().rsplit(" = ", 1)
    head, *tokens = left.split()
    name, id_text = head.split("#")
    fields = tuple(
        tuple(token.split(":", 1)) for token in tokens if not token.startswith("{")
    )
    return Definition(name, int(id_text, 16), fields, result.strip(), is_function)
