"""The access matrix of the worker's pages: each shows what belongs to the person behind the session."""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, WORKERS, Access

WEB_WORKER: dict[str, Access] = {
    "web.worker.home": Access(WORKERS, "我的首页"),
    "web.worker.offers": Access(WORKERS, "领券中心"),
    "web.worker.take": Access(WORKERS, "申领通用券"),
    "web.worker.wallet": Access(WORKERS, "我的券"),
    "web.worker.voucher": Access(WORKERS, "一张券：下一步、班级、补贴进度、记录"),
    "web.worker.paper": Access(WORKERS, "纸质凭条，不缓存"),
    "web.worker.accept": Access(WORKERS, "领取"),
    "web.worker.withdraw": Access(WORKERS, "退回"),
    "web.worker.dispute": Access(WORKERS, "反映问题页"),
    "web.worker.file_dispute": Access(WORKERS, "反映问题，停下本人的券"),
    "web.worker.take_back_dispute": Access(WORKERS, "撤回本人的反映"),
    "web.worker.leave": Access(WORKERS, "退出班级、退训"),
    "web.worker.code": Access(WORKERS, "出示二维码之前"),
    "web.worker.show_code": Access(WORKERS, "出示二维码，不缓存"),
    "web.worker.code_state": Access(WORKERS, "二维码是否已核销"),
    "web.worker.classes": Access(WORKERS, "我的班级"),
    "web.worker.choose": Access(WORKERS, "选择班级"),
    "web.worker.enrol": Access(WORKERS, "报名"),
    "web.worker.me": Access(WORKERS, "本人信息（掩码）与证书"),
    "web.worker.phones": Access(WORKERS, "我的手机"),
    "web.worker.lose_phone": Access(WORKERS, "挂失手机"),
    "web.worker.no_network": Access(PUBLIC, "没有网络时的页面，不含个人信息"),
    "web.worker.service_worker": Access(PUBLIC, "离线程序"),
}
