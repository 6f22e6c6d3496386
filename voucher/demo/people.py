"""Synthetic people and organisations: made-up names, right check digits, the same for one seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建国志玉红梅春晓文华新民海燕云飞雪莲宏亮俊峰淑珍凤永林东升"
    "佳慧嘉怡思雨浩然子轩欣妍博文雅婷宇航梦洁"
)
ADDRESSES = (
    "410881",
    "419001",
    "410102",
    "410105",
    "410303",
    "410702",
    "410782",
    "410802",
    "410825",
    "411002",
)


def invent_names(random: Random) -> Iterator[str]:
    """Yield made-up names of two or three characters."""
    while True:
        length = 1 if random.random() < 0.2 else 2
        yield random.choice(SURNAMES) + "".join(random.choice(GIVEN) for _ in range(length))


def invent_numbers(random: Random, youngest: date, oldest: date) -> Iterator[str]:
    """Yield distinct identity numbers of people born between two days."""
    seen: set[str] = set()
    span = (youngest - oldest).days
    while True:
        born = oldest + timedelta(days=random.randrange(span + 1))
        stem = f"{random.choice(ADDRESSES)}{born:%Y%m%d}{random.randrange(1, 1000):03d}"
        if stem not in seen:
            seen.add(stem)
            yield stem + mod_11_2.calc_check_digit(stem)


def invent_organisation_codes(random: Random, region_code: str) -> Iterator[str]:
    """Yield distinct 统一社会信用代码 of a region with the right check digit."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    seen: set[str] = set()
    while True:
        body = "MJ" + "".join(random.choice(alphabet) for _ in range(7))
        stem = f"52{region_code}{body}"
        if stem not in seen:
            seen.add(stem)
            yield stem + uscc.calc_check_digit(stem)
