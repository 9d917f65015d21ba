"""Installs fonts and renders their letters into the cache that the synthesiser reads.

    python -m training.fonts [--no-install] [--jobs 2]

The cache is one file, training/.cache/glyphs.npz; copy it to train on a machine without fonts.
Packages are named in training/fonts/debian.txt and training/fonts/fontsource.txt. No font and no
cache is ever committed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from training.fontfilter import accept
from training.fontreading import FontReader
from training.synth.glyphs import CACHE, dejavu_files, pack, render_font

LISTS = Path(__file__).resolve().parent / "fonts"
NPM_FOLDER = CACHE / "fontsource"
SYSTEM_FOLDERS = (Path("/usr/share/fonts"),)

_SKIP = re.compile(
    r"noto(sans|serif)(cjk|-?(sc|tc|jp|kr|hk))|emoji|symbol|dingbat|icon|barcode|math(ex|sy)|webdings"
    r"|standardsymbols|d05000l|starbats|stix.*siz|cmex|cmsy|msbm|esint|rsfs|wasy|stmary|dsrom|eufm"
    r"|-koi8|-iso8859-([2-9]|1[0-9])|cursor|deccurs|decsess|olcurs|olgl|jiskan|gb16|gb24|hanglm"
    r"|^k14|clr|arabic|hebrew|cu-(alt|dev)|cuarabic|nil2|unifont_(csur|upper|jp)|libertineinitials"
    r"|keyboard|orna|lamy|^math|dseg7|vertig|^d0500|fauxsn|hdmaker|qbicle|3dlet|symmetr"
    # Capitals for small letters, or some of each for the other.
    r"|fbsbl|becauseweorganize|unifur",
    re.I,
)
_TAGS = (
    (
        "bitmap",
        r"pixel|press-start|silkscreen|vt323|tiny5|micro-5|jersey|dotgothic|proggy|terminus|"
        r"sixtyfour|amiga|unifont|spleen|atarismall|misaki|glass_?tty|creep2|handjet|^px|doto|redaction",
    ),
    (
        "script",
        r"script|(?<!k)hand|cursive|brush|caveat|pacifico|lobster|cookie|satisfy|sacramento|tangerine"
        r"|great-vibes|allura|parisienne|yellowtail|courgette|damion|kalam|gochi|schoolbell|"
        r"indie-flower|reenie|permanent|rock-salt|homemade|licorice|birthstone|ephesis|kristi|"
        r"breip|rufscript|humor|sjfonts|delphine|whisper|italianno|chancery|purisa|klee|herr-von|"
        r"alex-brush|corinthia|pinyon|smooch|montecarlo|monsieur|mr-de|oooh|marck|condiment|"
        r"twinkle|bad-|cedarville|covered-by|annie-use|architects|gloria|neucha|sue-ellen|swanky|"
        r"the-girl|shadows-into|short-stack|delius|femke|rochester|grand-hotel|"
        r"berkshire|vibur|gaegu|arizonia|mr-(dafoe|bedfort)|meddon|ruthie|bilbo|aguafina|lovers-quarrel|la-belle|"
        r"mrs-saint|miss-faj|nautigal|sarina|yesteryear|over-the-rainbow|charmonman|engagement|montez|molle-|"
        r"norican|niconne|stalemate|waterfall|zeyada|playwrite|sedgwick|crafty-girls|just-me|loved-by|"
        r"nothing-you|waiting-for|give-you|long-cang|liu-jian|ma-shan|zhi-mang|hachi-maru|nanum-pen|gamja|"
        r"hi-melody|poor-story|sugiyama|dynalight|sevillana|walter-turn|dekko|fuzzy-bubbles|sail-|"
        r"delicious|finger-paint|mansalva|yusei|madscrwl|handmedo",
    ),
    (
        "common",
        r"dejavu|liberation|^vera|free(sans|serif|mono)|nimbus|arimo|tinos|cousine|roboto-latin|"
        r"open-sans|carlito|caladea|texgyre(heros|termes|cursor)|helv|tim[br]|courier|lmroman10|"
        r"luxi|ubuntu-latin|lato|comic|impact|anton-|geor|verana",
    ),
)


def install() -> None:
    """Installs the packages of both lists (Debian's need root)."""
    debian = (LISTS / "debian.txt").read_text().split()
    subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", *debian],
        check=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    NPM_FOLDER.mkdir(parents=True, exist_ok=True)
    (NPM_FOLDER / "package.json").write_text('{"name": "fonts", "private": true}\n')
    names = (LISTS / "fontsource.txt").read_text().split()
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *names],
        check=True,
        cwd=NPM_FOLDER,
    )


def candidates(npm_folder: Path) -> list[Path]:
    """Font files worth trying, in a fixed order."""
    found: list[Path] = []
    for folder in SYSTEM_FOLDERS:
        for path in folder.rglob("*"):
            name = path.name.lower()
            if name.endswith((".ttf", ".otf", ".otb", ".pfb", ".pcf", ".pcf.gz")):
                found.append(path)
    for family in sorted((npm_folder / "node_modules" / "@fontsource").glob("*")):
        found += _faces(family)
    unique = {p.name: p for p in sorted(found) if not _SKIP.search(p.name)}
    return sorted(unique.values(), key=lambda p: (p.name.lower(), str(p)))


def _faces(family: Path) -> list[Path]:
    """At most four Latin faces of an npm family: regular, bold, italic and the lightest."""
    files = {p.name: p for p in family.glob("files/*-latin-*.woff2")}
    order = [f"-latin-{w}-{s}.woff2" for w, s in (("400", "normal"), ("700", "normal"), ("400", "italic"))]
    chosen = [p for end in order for n, p in files.items() if n == family.name + end]
    rest = sorted(n for n in files if files[n] not in chosen and n.endswith("-normal.woff2"))
    if rest and (not chosen or len(rest) > 2):
        chosen.append(files[rest[0]])
    return chosen


def tag_of(name: str) -> str:
    """The kind of font, by its file name; '' where the name tells nothing."""
    return next((tag for tag, words in _TAGS if re.search(words, name, re.I)), "")


def _render(path: Path) -> dict | None:
    try:
        font = render_font(path)
    except (OSError, ValueError, SyntaxError):
        return None
    font["tag"] = "bitmap" if font["bitmap"] else tag_of(path.name)
    return font


def build(npm_folder: Path, jobs: int) -> None:
    """Renders, filters and writes the cache; prints how many fonts were kept and why others fell."""
    paths = candidates(npm_folder)
    with ProcessPoolExecutor(jobs) as pool:
        fonts = [f for f in pool.map(_render, paths, chunksize=8) if f]
    spare = render_font(next(p for p in dejavu_files() if p.name == "DejaVuSans.ttf"))
    kept, dropped = accept(fonts, spare, FontReader())
    pack(kept, CACHE)
    print(f"{len(paths)} files, {len(fonts)} rendered, {len(kept)} kept; dropped:", dropped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-install", action="store_true", help="use what is installed")
    parser.add_argument("--npm-folder", type=Path, default=NPM_FOLDER)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    if not args.no_install:
        install()
    build(args.npm_folder, args.jobs)


if __name__ == "__main__":
    main()
