"""Sets the page as one HTML file without any library: for a chair that has no Typst.

Nothing is loaded and nothing can run: the policy in the head forbids scripts and every outside
address. Every text is escaped here; the drawings are our own and hold escaped text only.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Final

from torquemon.record.report_page import Page, TurnTable
from torquemon.record.report_said import Row

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html(page: Page, curve_csv: str) -> str:
    """Return the report as HTML with the curve inside, as a link to save it."""
    style = files("torquemon.record").joinpath("report/page.css").read_text(encoding="utf-8")
    mark = escape(page.mark)
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(page.language)}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(page.title)} {escape(page.insertion_id)}</title>",
        f"<style>{style}</style></head><body>",
        f'<div class="mark" aria-hidden="true">{mark}</div>' if mark else "",
        f"<header><h1>{escape(page.title)}</h1>",
        f"<p><b>TorqueMon</b> · {escape(page.subtitle)}</p></header>",
        f'<p class="unreal">{escape(page.mark_line)}</p>' if page.mark_line else "",
        '<section class="top"><div>',
        _pairs(page.facts),
        f'<div class="verdict {escape(page.verdict_kind)}"><h2>{escape(page.verdict)}</h2>',
        _pairs(page.values),
        f"<p>{escape(page.why)}</p>{_notes(page.notes)}</div></div>",
        f"<figure>{page.arch}</figure></section>",
        _curve(page.angle_title, page.angle) if page.angle else "",
        _curve(page.time_title, page.time),
        _turns(page.turns) if page.turns is not None else "",
        f'<section class="end"><div><h2>{escape(page.events_title)}</h2><ol>',
        *(
            f"<li><b>{escape(e.what)}</b> {escape(e.value)} <i>{escape(e.when)}</i><br>"
            f"<span>{escape(e.why)}</span></li>"
            for e in page.events
        ),
        f"</ol><p>{escape(page.events_more)}</p></div>",
        f"<div><h2>{escape(page.device_title)}</h2>{_pairs(page.device)}",
        f"{_pairs((page.chain,))}</div></section>",
        f"<footer><p><b>{escape(page.disclaimer)}</b></p><p>{escape(page.no_promise)}</p>",
        f"<p>{escape(page.rendered)} {escape(page.insertion_id)} {_saved(page, curve_csv)}</p>",
        "</footer></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _pairs(rows: Iterable[Row]) -> str:
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{cells}</dl>"


def _notes(notes: Iterable[str]) -> str:
    return "".join(f"<p><b>{escape(note)}</b></p>" for note in notes)


def _curve(title: str, svg: str) -> str:
    return f"<section><h2>{escape(title)}</h2><figure>{svg}</figure></section>"


def _turns(table: TurnTable) -> str:
    rows = []
    for index, row in enumerate(table.rows):
        kind = "td" if index else "th"
        cells = "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in row[1:])
        rows.append(f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    return f"<section><h2>{escape(table.title)}</h2><table>{''.join(rows)}</table></section>"


def _saved(page: Page, curve_csv: str) -> str:
    data = b64encode(curve_csv.encode()).decode()
    name = escape(f"{page.insertion_id}.csv")
    return f'<a download="{name}" href="data:text/csv;base64,{data}">{name}</a>'
