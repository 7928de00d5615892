"""`linkage demo`: carry a demonstration project from its survey export to its last tranche, and show what came out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, TaskID

from linkage.cli.charter import scheme_codes
from linkage.cli.output import console, print_table, progress, say
from linkage.errors import CannotWrite
from linkage.settings import Mode, Settings, assets_folder, load_settings

if TYPE_CHECKING:
    from flows.driver import Driver
    from flows.process import Process
    from flows.server import LoopbackServer
    from linkage.db.work import Work
    from linkage.schemas.charter import Charter
    from linkage.simulation.drive import Demonstration, Happening

_SAMPLE = "drum-tower-canteen"
_MARK = ".linkage-demo"


def demo(
    charter: Annotated[
        Path | None,
        typer.Argument(metavar="CHARTER", help="A charter to demonstrate; default the Drum Tower Canteen."),
    ] = None,
    *,
    seed: Annotated[int, typer.Option(help="One seed gives one world.")] = 7,
    scale: Annotated[float, typer.Option(min=0.001, max=100, help="Multiplies residents and volunteers.")] = 1.0,
    mode: Annotated[Mode, typer.Option(help="Who runs the stages.")] = Mode.EMBEDDED,
) -> None:
    """Play a simulated project through its whole life; everything it makes says that it is simulated."""
    from linkage.db.work import Work
    from linkage.schemas.charter_check import load_charter

    started = time.monotonic()
    path = charter or assets_folder("config") / "projects" / f"{_SAMPLE}.yaml"
    plan = load_charter(path, schemes=scheme_codes())
    settings = _settings(mode)
    say(f"Linkage demonstration: {plan.project.name}（模拟数据 · 演示用）")
    with ExitStack() as stack:
        server = _start_server(settings, stack)  # its start hides behind what comes next
        work = Work.open(settings)
        stack.callback(work.close)
        with progress() as shown:
            demonstration = _play(work, plan, server, seed=seed, scale=scale, shown=shown)
        _show(demonstration, time.monotonic() - started)


def _start_server(settings: Settings, stack: ExitStack) -> LoopbackServer | None:
    from flows.server import start_in_background

    if settings.mode is not Mode.EMBEDDED:
        return None
    server = start_in_background(settings)
    stack.callback(server.stop)
    return server


def _settings(mode: Mode) -> Settings:
    """Return settings of a data folder that holds the demonstration alone, emptied of the last one."""
    settings = load_settings()
    folder = settings.data_folder / "demo"
    if folder.exists():
        if not (folder / _MARK).exists():
            message = f"{folder} holds something that is not a demonstration; move it away or set LINKAGE_DATA"
            raise CannotWrite(message)
        for entry in folder.iterdir():
            if entry.name in {_MARK, "prefect"}:  # Prefect's own database is kept: its first start is the slow part
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return settings.model_copy(
        update={"data_folder": folder, "database_url": "", "key_file": None, "channels_file": None, "mode": mode}
    )


def _play(
    work: Work, plan: Charter, server: LoopbackServer | None, *, seed: int, scale: float, shown: Progress
) -> Demonstration:
    from flows.drain import drain
    from flows.driver import Inline
    from flows.process import entered
    from linkage.simulation.drive import drive, start

    waiting = shown.add_task("Entering charter, volunteers and survey", total=None, note="")
    demonstration = start(work, plan, seed, scale=scale)
    with entered(work) as process, _driver(process, server, shown, waiting) as driver:
        shown.update(waiting, total=1000, completed=0)

        def tick(now: datetime) -> None:
            drain(work, driver, now, lambda _: None)

        def look(now: datetime) -> None:
            """Look at a project between two of its turns without Prefect's record: a year has many days."""
            drain(work, Inline(process), now, lambda _: None)

        def on_happening(event: Happening) -> None:
            shown.update(
                waiting,
                completed=round(event.share * 1000),
                description=f"{event.at:%Y-%m-%d}  cycle {event.cycle}",
                note=f"{event.stage.value} {event.stage.label}",
            )

        drive(demonstration, tick, on_happening, look=look)
        shown.update(waiting, description="Closing the worker", note="")
    return demonstration


@contextmanager
def _driver(process: Process, server: LoopbackServer | None, shown: Progress, task: TaskID) -> Iterator[Driver]:
    from flows.driver import open_driver

    def waited(seconds: float) -> None:
        shown.update(task, description="Starting the worker", note=f"{seconds:.0f} s; the first start takes longest")

    with open_driver(process, server=server, on_progress=waited) as driver:
        yield driver


def _show(demonstration: Demonstration, seconds: float) -> None:
    """Print where the documents are and what each party was told."""
    from linkage.stages.overview import latest_figures, told
    from linkage.stages.status import project_status

    table = demonstration.table
    work = table.work
    with work.read(table.organization_id) as session:
        status = project_status(session, table.project_id, work.now())
        figures = latest_figures(session, table.project_id)
        notices = told(session, table.project_id)
    print_table(f"{status.name} · 末期报告的数字（模拟数据）", ("trace", "figure", "value"), figures, wraps=("figure",))
    say("")
    paid = [(row.name, f"{row.amount_fen / 100:,.2f}", row.state.label) for row in status.tranches]
    print_table("拨付", ("tranche", "yuan", "state"), paid)
    say("")
    columns = ("recipient", "role", "notices", "the last one")
    rows = [row._replace(last_title=row.last_title.replace(f"{status.name}：", "")) for row in notices]
    print_table("What each party was told", columns, rows, wraps=("recipient", "role", "the last one"))
    folder = work.settings.data_folder
    console.print("\n[bold]Documents[/]")
    for place in sorted({path.parent for path in (folder / "documents").rglob("*.pdf")}):
        papers = [path.name for path in place.glob("*.pdf")]
        report = next((name for name in papers if "报告" in name), papers[0])
        say(f"  {_short(place / report)}  and {len(papers) - 1} more")
    say("  as PDF, HTML and XLSX: reports, community summaries, lists, registers")
    console.print("\n[bold]Notices[/]")
    say(f"  {_short(folder / 'mailbox')}  (one folder a recipient; open the .eml or .txt files)")
    console.print("\n[bold]Survey export that was imported[/]")
    say(f"  {_short(demonstration.survey_file)}")
    say(f"\nProject {status.state.value} after {seconds:.0f} s. Look further:")
    first = figures[0].trace if figures else "F1"
    say(f"  LINKAGE_DATA={_short(folder)} .venv/bin/linkage trace {first}")


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
