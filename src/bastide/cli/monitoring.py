"""Detection on files, and the rules and batches of the installation."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bastide.cli.root import app, django_up, give_up, say


@app.command()
def detect(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Files of events; - is stdin.")],
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", "-r", help="Rule file, folder or .tar.gz; may be repeated.")
    ] = None,
    indicators: Annotated[
        list[Path] | None,
        typer.Option("--indicators", "-i", help="List of indicators (CSV, or one a line)."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write matches here, not to standard output.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Show matches by rule on standard error.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="List rules left out here, one JSON line each.")] = None,
    quarantine: Annotated[Path | None, typer.Option(help="List events left out here, one JSON line each.")] = None,
    product: Annotated[str, typer.Option(help="Log source product of events that do not say theirs.")] = "",
    category: Annotated[str, typer.Option(help="Log source category of events that do not say theirs.")] = "",
    service: Annotated[str, typer.Option(help="Log source service of events that do not say theirs.")] = "",
    placeholder: Annotated[list[str] | None, typer.Option(help="NAME=VALUE,VALUE where rules expand %NAME%.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for compiled rules.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 also where a rule was left out.")] = False,
    pipeline: Annotated[list[Path] | None, typer.Option(help="pySigma pipeline (YAML) for the rules.")] = None,
    written: Annotated[str, typer.Option("--format", help="Matches as ndjson, or as parquet (with --out).")] = "ndjson",
    form: Annotated[str | None, typer.Option("--input-format", help="Of the inputs, if not told by content.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that share the work.")] = os.cpu_count() or 1,
    engine: Annotated[str, typer.Option(help="local, or spark: the same work on a cluster.")] = "local",
    master: Annotated[str, typer.Option(help="The Spark cluster, such as spark://host:7077.")] = "local[*]",
) -> None:
    """Evaluate Sigma rules on files of events and look for indicators in them; one JSON line per match.

    Inputs, plain or packed with gzip or Zstandard: NDJSON, Windows EVTX, Parquet, Arrow, Zeek (JSON, TSV), Suricata
    eve.json, auditd, syslog, CEF.

    Exit codes: 0 done; 1 could not start; 2 wrong command line; 3 done, but some events were left out.
    """
    from bastide.engines.detect import Logsource
    from bastide.engines.detect.command import Order, default_cache, placeholders_of, run
    from bastide.engines.detect.inputs import FORMATS

    if form is not None and form not in FORMATS:
        raise typer.BadParameter(f"one of {', '.join(FORMATS)}", param_hint="--input-format")
    if written not in ("ndjson", "parquet") or (written == "parquet" and out is None):
        raise typer.BadParameter("ndjson, or parquet together with --out FILE", param_hint="--format")
    try:
        values = placeholders_of(placeholder or [])
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--placeholder") from problem
    if engine not in ("local", "spark"):
        raise typer.BadParameter("local or spark", param_hint="--engine")
    if not rules and not indicators:
        raise typer.BadParameter("give --rules, --indicators, or both", param_hint="--rules")
    order = Order(
        inputs=inputs,
        rules=rules or (),
        indicators=indicators or (),
        out=out,
        summary=summary,
        rejected=rejected,
        quarantine=quarantine,
        logsource=Logsource(product, category, service),
        placeholders=values,
        cache=cache or default_cache(),
        strict=strict,
        pipelines=pipeline or (),
        form=form,
        table=written == "parquet",
        threads=threads,
        master=master if engine == "spark" else None,
    )
    raise typer.Exit(run(order))


rules_app = typer.Typer(help="The detection rules of this installation.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("add")
def rules_add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Rule files, folders or .tar.gz archives.")],
    licence: Annotated[str, typer.Option(help="Licence the rules come under, such as DRL-1.1.")] = "",
) -> None:
    """Add Sigma rules, or bring known ones up to date; what cannot be evaluated is kept with its reason."""
    django_up()
    from bastide.base import terms
    from bastide.base.people.models import Account
    from bastide.engines.detect import NoRules
    from bastide.monitor import flows

    try:
        loaded = flows.add_rules(paths, by=Account.objects.house(), at=terms.now(), licence=licence)
    except (NoRules, OSError) as problem:
        give_up(problem)
    for one in loaded.rejected:
        print(f"not evaluated: {one.path}:{one.line}: {one.code}: {one.reason}", file=sys.stderr)
    say(
        f"rules: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged, "
        f"{len(loaded.rejected)} not evaluated (listed above)"
    )


@rules_app.command("check")
def rules_check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Rule files, folders or .tar.gz archives.")],
    placeholder: Annotated[list[str] | None, typer.Option(help="NAME=VALUE,VALUE where rules expand %NAME%.")] = None,
    pipeline: Annotated[list[Path] | None, typer.Option(help="pySigma pipeline (YAML) for the rules.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for compiled rules.")] = None,
) -> None:
    """Say which Sigma rules can be evaluated, which not and why, and what of the language they use.

    Needs no installation. Exit codes: 0 all; 1 could not start; 2 wrong command line; 3 some are left out.
    """
    from bastide.engines.detect import NoRules
    from bastide.engines.detect.command import default_cache, placeholders_of
    from bastide.engines.detect.coverage import check
    from bastide.engines.detect.rules import WrongPipeline

    try:
        values = placeholders_of(placeholder or [])
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--placeholder") from problem
    try:
        found = check(paths, placeholders=values, pipelines=pipeline or (), cache=cache or default_cache())
    except (NoRules, WrongPipeline, OSError) as problem:
        give_up(problem)
    raise typer.Exit(found)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=".ndjson or .ndjson.gz")],
    source: Annotated[str, typer.Option("--source", "-s", help="Name of the registered source.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write matches here, one JSON line each.")] = None,
    later: Annotated[bool, typer.Option("--later", help="Leave the evaluation to the worker.")] = False,
) -> None:
    """Take in event files as batches of a source, evaluate them, and print a receipt for each.

    Exit codes: 0 done; 1 could not start or a file was refused; 3 done, but some lines are in quarantine.
    """
    django_up()
    from bastide.monitor.sending import Unknown, send_files

    try:
        outcome = send_files(files, source=source, out=out, later=later, say=say)
    except Unknown as problem:
        give_up(problem)
    raise typer.Exit(outcome)


monitor_app = typer.Typer(help="Other ways for events to come in, and to be evaluated.", no_args_is_help=True)
app.add_typer(monitor_app, name="monitor")


@monitor_app.command("stream")
def monitor_stream(
    master: Annotated[str, typer.Option(help="The Spark cluster, such as spark://host:7077.")] = "local[*]",
    checkpoint: Annotated[
        Path | None, typer.Option(help="Folder of the job's memory; var/checkpoint if not given.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when everything that is there now is done.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks at the lake.")] = 10,
) -> None:
    """Evaluate new batches of the lake on a Spark cluster; run the workers with BASTIDE_EVALUATION=stream.

    Killed and begun again with the same checkpoint it goes on where it was.
    """
    django_up()
    from django.conf import settings

    from bastide.engines.detect.work import CannotScale
    from bastide.monitor import stream

    try:
        stream.run(
            master, checkpoint=checkpoint or settings.BASTIDE_HOME / "checkpoint", once=once, every=every, say=say
        )
    except CannotScale as problem:
        give_up(problem)


@monitor_app.command("drop")
def monitor_drop(
    folder: Annotated[Path, typer.Argument(help="Where files of events are put.")],
    source: Annotated[str, typer.Option("--source", "-s", help="Name of the registered source.")],
    once: Annotated[bool, typer.Option("--once", help="End when the folder is empty.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks.")] = 5,
) -> None:
    """Take in files dropped into a folder; they go to done/, or to refused/ with the reason beside them.

    Write a file under a name that ends in .part and rename it, or leave it alone for two seconds.
    """
    django_up()
    import time

    from bastide.base import terms
    from bastide.monitor import listening

    found = _source(source)
    if not folder.is_dir():
        give_up(f"{folder} is no folder")
    while True:
        listening.take_dropped(folder, found, at=terms.now(), say=say, settled=0 if once else listening.SETTLED)
        if once:
            return
        time.sleep(every)


@monitor_app.command("listen")
def monitor_listen(
    source: Annotated[str, typer.Option("--source", "-s", help="Name of the registered source.")],
    bind: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 6514 is that of syslog over TLS.")] = 6514,
    certificate: Annotated[Path | None, typer.Option(help="Certificate (PEM); without it plain TCP.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    authority: Annotated[Path | None, typer.Option(help="Senders must show a certificate of this one (PEM).")] = None,
    every: Annotated[int, typer.Option(min=1, help="Seconds that make a batch.")] = 10,
) -> None:
    """Hear syslog over TCP or TLS (RFC 5425, 6587) and take it in as batches of a source."""
    django_up()
    import asyncio

    from bastide.monitor import listening

    found = _source(source)
    if (certificate is None) != (key is None):
        raise typer.BadParameter("give --certificate and --key together", param_hint="--certificate")
    try:
        tls = listening.secured(certificate, key, authority) if certificate and key else None
        asyncio.run(
            listening.listen(
                found, bind=bind, port=port, tls=tls, every=every, say=say,
                ready=lambda at: say(f"listening on {bind}:{at}{' with TLS' if tls else ', plain'}"),
            )
        )  # fmt: skip
    except OSError as problem:
        give_up(problem)
    except KeyboardInterrupt:
        return


def _source(name: str) -> Any:
    from bastide.monitor.models import Source
    from bastide.monitor.sending import Unknown, source_named

    try:
        found: Source = source_named(name)
    except Unknown as problem:
        give_up(problem)
    return found
