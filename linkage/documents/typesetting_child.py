"""The program that typesets: run by path in a process of its own, under limits, from a folder made for it.

It reads `jobs.json` in the folder it is given, compiles one PDF after another and says on standard output, one
JSON line each, how it went. It imports Typst and the standard library only, so that it starts fast and cannot
touch a database; a memory or time bomb ends this process and nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import typst


def main(folder: Path) -> None:
    """Compile every job of a folder.

    Parameters
    ----------
    folder
        Holds `jobs.json`, the Typst files and nothing else; the PDFs are written into it.
    """
    order: dict[str, Any] = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"], order["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[Path(path) for path in order["fonts"]]
    )
    nowhere = folder / "no-packages"
    for job in order["jobs"]:
        print(json.dumps(_compile(folder, fonts, nowhere, job), ensure_ascii=True), flush=True)  # noqa: T201 - its answer


def _compile(folder: Path, fonts: typst.Fonts, nowhere: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Compile one document and report its warnings, or where and why it failed."""
    compiler = typst.Compiler(
        input=folder / job["template"],
        root=folder,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"document": job["document"]},
        package_path=nowhere,
        package_cache_path=nowhere,
    )
    try:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=job["pdf_standards"], timestamp=job["timestamp"]
        )
        (folder / job["output"]).write_bytes(pdf)
    except typst.TypstError as error:
        return {"fault": error.message, "diagnostic": error.diagnostic, "hints": list(error.hints)}
    except OSError as error:
        return {"disk": error.strerror or str(error)}
    return {"warnings": [warning.message for warning in warnings]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
