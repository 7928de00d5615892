"""What is compiled is kept under a digest of its sources, and works where nothing can be kept."""

from __future__ import annotations

import subprocess
import sys
import textwrap


def _run(tmp_path, cache, *, body="return x * 3"):
    package = tmp_path / "loops"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text(
        textwrap.dedent(f"""
        from linkage.kernels.compiled import compiled

        @compiled
        def triple(x):
            {body}
        """)
    )
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import loops; from linkage.kernels import compiled\n"
        "before = compiled.is_prepared('loops')\n"
        "from loops.inner import triple\n"
        "print(before, triple(14), compiled.is_prepared('loops'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_compiled_function_is_kept_until_its_source_changes(tmp_path):
    """The second run finds what the first compiled; a changed source is compiled anew."""
    cache = tmp_path / "cache"
    assert _run(tmp_path, cache) == ["False", "42", "True"]
    assert _run(tmp_path, cache) == ["True", "42", "True"]
    assert _run(tmp_path, cache, body="return x * 5") == ["False", "70", "True"]


def test_compiled_function_runs_where_nothing_can_be_kept(tmp_path):
    """A cache folder that cannot be made is replaced by one of the process alone."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert _run(tmp_path, blocked)[1] == "42"
