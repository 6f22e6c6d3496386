"""The access matrix of the API: endpoint → who may reach it."""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, Access

API: dict[str, Access] = {
    "pulse.healthz": Access(PUBLIC, "存活检查，只答有无"),
    "pulse.metrics": Access(PUBLIC, "运行指标，不含个人信息；由前置代理限内网访问"),
}
