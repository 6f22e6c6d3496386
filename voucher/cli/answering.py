"""What a command says: one JSON object alone on stdout, or sentences; refusals and mistakes the same way."""

from __future__ import annotations

import json as coding
import os
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import click

from voucher.rules.errors import Refused

REFUSED, UNEXPECTED = 2, 1
PROBLEMS_SHOWN = 50


@dataclass(slots=True)
class Answering:
    """How this run answers (as JSON or in sentences), and as whom it acts."""

    json: bool = False
    login: str | None = None
    code: str | None = None

    def answer(self, told: Mapping[str, object], sentences: Iterable[str]) -> None:
        """Say the result: the object for machines, or the sentences for people."""
        if self.json:
            click.echo(coding.dumps(told, ensure_ascii=False))
        else:
            for sentence in sentences:
                click.echo(sentence)

    def remark(self, sentence: str) -> None:
        """Say something beside the result, on stderr."""
        click.echo(sentence, err=True)

    def show_problems(self, problems: list[dict[str, object]], count: int) -> None:
        """Name the first bad rows on stderr."""
        for problem in problems[:PROBLEMS_SHOWN]:
            place = f"第 {problem['line']} 行"
            if problem["column"]:
                place += f" {problem['column']}"
            if problem["value"]:
                place += f"“{problem['value']}”"
            self.remark(f"{place}：{problem['title']}。{problem['next_step']}（{problem['code']}）")
        if len(problems) > PROBLEMS_SHOWN:
            self.remark(f"……其余问题用 --json 查看；共 {count} 行有问题")

    def refuse(self, refused: Refused) -> int:
        """Say a refusal and return its exit code; that of a file brings the report of its rows along."""
        refusal = refused.refusal
        told: dict[str, object] = {
            "code": refusal.code,
            "title": refusal.title,
            "detail": refusal.next_step,
            "facts": dict(refusal.facts),
            "source": refusal.source,
        }
        report = getattr(refused, "report", None)
        if report is not None:
            problems = report.as_json()["problems"]
            told["problems"] = problems
            self.show_problems(problems, report.rows_refused)
        return self._end(told, f"{refusal.sentence}（{refusal.code}；依据：{refusal.source}）", REFUSED)

    def misspelt(self, error: click.ClickException) -> int:
        """Say what is wrong with the command line itself."""
        told: dict[str, object] = {
            "code": "command_misspelt",
            "title": f"命令写法有误：{error.format_message()}",
            "detail": "请用 voucher --help 或 voucher 命令 --help 查看写法",
            "facts": {},
            "source": "",
        }
        return self._end(told, f"{told['title']}。{told['detail']}", REFUSED)

    def stop(self) -> int:
        """Say that the run was interrupted."""
        told: dict[str, object] = {
            "code": "interrupted",
            "title": "已中断，没有保存任何内容",
            "detail": "可以重新运行",
            "facts": {},
            "source": "",
        }
        return self._end(told, str(told["title"]), UNEXPECTED)

    def fail(self, error: Exception) -> int:
        """Say that something unexpected happened: its kind and place, never a value of it."""
        if os.environ.get("VOUCHER_DEBUG") == "1":
            traceback.print_exception(error)
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        told: dict[str, object] = {
            "code": "unexpected",
            "title": f"系统出现意外（{type(error).__name__}），未能办理",
            "detail": "本次没有生效；重试仍失败时，请把本行内容告知系统管理员",
            "facts": {"kind": type(error).__name__, "place": place},
            "source": "",
        }
        return self._end(told, f"{told['title']}。{told['detail']}（{place}）", UNEXPECTED)

    def _end(self, told: dict[str, object], sentence: str, code: int) -> int:
        if self.json:
            click.echo(coding.dumps({"error": told}, ensure_ascii=False))
        self.remark(sentence)
        return code
