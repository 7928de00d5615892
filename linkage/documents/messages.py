"""The text of a notice: title and body from the message's own folder.

One message is one folder, `<stage>/<message>/`, holding `title.txt` and `body.txt`. This module knows no
message by name, sends nothing and adds no word of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from linkage.documents.environment import render_text
from linkage.documents.wording import clean
from linkage.errors import TemplateFault

TITLE_FILE = "title.txt"
BODY_FILE = "body.txt"
_KIND = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")


def render_message(template_folder: Path, kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Render the title and body of one message.

    Parameters
    ----------
    template_folder
        The folder of all messages (`templates/messages`).
    kind
        `<stage>/<message>`, the message's folder in it.
    context
        Plain values; the filters of `linkage.documents.environment` write money, dates and hours.

    Returns
    -------
    tuple[str, str]
        The title on one line, fit for a mail header, and the body without trailing space.

    Raises
    ------
    TemplateFault
        The message has no folder, a template is broken, asks for a missing value, or gives no title.
    """
    if not _KIND.fullmatch(kind):
        raise TemplateFault(f"message {kind!r} is not named <stage>/<message>; name its folder in the templates")
    title = " ".join(clean(render_text(template_folder, f"{kind}/{TITLE_FILE}", context)).split())
    body = clean(render_text(template_folder, f"{kind}/{BODY_FILE}", context)).strip()
    for part, file in ((title, TITLE_FILE), (body, BODY_FILE)):
        if not part:
            raise TemplateFault(f"template {kind}/{file}, line 1: it renders to nothing; write its text")
    return title, f"{body}\n"
