"""How a session begins, in words its owner recognises: the way in, the device, the network (masked)."""

from __future__ import annotations

import ipaddress
import re

from flask import request

from voucher.registry.access.sessions import Origin

_SYSTEMS = (
    (re.compile(r"HarmonyOS|OpenHarmony"), "鸿蒙手机"),
    (re.compile(r"iPhone"), "苹果手机"),
    (re.compile(r"iPad"), "苹果平板"),
    (re.compile(r"Android"), "安卓手机"),
    (re.compile(r"Windows"), "Windows 电脑"),
    (re.compile(r"Mac OS X|Macintosh"), "苹果电脑"),
    (re.compile(r"Linux|X11"), "Linux 电脑"),
)
_BROWSERS = (
    (re.compile(r"MicroMessenger"), "微信"),
    (re.compile(r"AlipayClient"), "支付宝"),
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"HuaweiBrowser"), "华为浏览器"),
    (re.compile(r"Firefox/"), "Firefox"),
    (re.compile(r"Chrome/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)


def name_device(agent: str) -> str:
    """Return what a browser says it runs on, e.g. 安卓手机 · 微信; programs are 接口程序."""
    system = next((name for pattern, name in _SYSTEMS if pattern.search(agent)), None)
    browser = next((name for pattern, name in _BROWSERS if pattern.search(agent)), None)
    if system is None and browser is None:
        return "接口程序"
    return " · ".join(each for each in (system, browser) if each)


def mask_address(address: str) -> str:
    """Return the network a request came from, without its last part."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "未知"
    if parsed.version == 4:
        return ".".join([*str(parsed).split(".")[:2], "*", "*"])
    return ":".join([*parsed.exploded.split(":")[:2], "*"])


def remote_address() -> str:
    """Return where this request comes from; behind our proxy, what the proxy says."""
    return request.remote_addr or "unknown"


def origin_of(way: str) -> Origin:
    """Return how the session this request opens begins."""
    return Origin(way, name_device(request.headers.get("User-Agent", "")), mask_address(remote_address()))
