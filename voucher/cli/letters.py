"""`voucher letters`: what waits in the outbox, what was sent, what was given up and why; nothing personal."""

from __future__ import annotations

import click


@click.command(name="letters", help="短信等消息：待送、已送、放弃各多少条，为什么没有送到。")
@click.pass_context
def letters(ctx: click.Context) -> None:
    """Count the letters by what became of them."""
    from voucher.cli.office import answering_of, open_database
    from voucher.plumbing.outbox_counts import count_letters
    from voucher.plumbing.schema import check_current

    _, database = open_database()
    check_current(database)
    with database.read() as session:
        counts = count_letters(session)
    told: dict[str, object] = {
        "letters": [
            {"topic": each.topic, "standing": each.standing, "error": each.error_code, "count": each.count}
            for each in counts
        ]
    }
    lines = [
        f"{each.standing} {each.count:,} 条" + (f"：{each.sentence}" if each.sentence else "")
        for each in counts
    ]
    answering_of(ctx).answer(told, lines or ["还没有消息"])
