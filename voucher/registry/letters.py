"""Short messages to people: the words, whom they reach, and the carrier that hands them to the port.

A message to a person names the person and not the number: that is read when the letter is carried, so a
number corrected meanwhile is the one that rings. A login code goes to a number nobody may have yet; number
and words are sealed under the number's own key until it is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.db import Database
from voucher.plumbing.outbox import Carrier, Draft, Taken, post, post_all
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.sms import SmsPort
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.mailbox import MOBILE
from voucher.rules.errors import Family, reason

TOPIC = "sms"
CONTEXT = "outbox.sealed"
SIGNATURE = "【电子培训券】"
LOGIN_CODE, VOUCHER_EXPIRES = "login_code", "voucher_expires"
TEXTED_CODE, VOUCHER_REDEEMED = "texted_code", "voucher_redeemed"
CONSENT_CODE, CONSENT_GIVEN, CONSENT_ENDED = "consent_code", "consent_given", "consent_ended"
HELPER_ACTED, WEBHOOK_PAUSED = "helper_acted", "webhook_paused"
DENIAL_OPENED, DENIAL_ANSWERED_LETTER = "denial_opened", "denial_answered"
DENIAL_LIFTED = "denial_lifted"
CLASS_CHANGED, STARS_ANSWERED, APPEAL_MOVED = "class_changed", "stars_answered", "appeal_moved"
CLASS_SESSIONS_CHANGED, RETENTION_SOON = "class_sessions_changed", "retention_soon"
CLASS_MOVED, CLASS_MOVED_OTHERWISE = "class_moved", "class_moved_otherwise"
CLASS_CANCELLED = "class_cancelled"
INTAKE_NAMED, INTAKE_DENIED, INTAKE_ANSWERED = "intake_named", "intake_denied", "intake_answered"
ACCESS_RESET, PASSWORD_CHANGED, TOTP_BOUND = "access_reset", "password_changed", "totp_bound"
ACCESS_RESET_ASKED = "access_reset_asked"
WORDS: Mapping[str, str] = {
    LOGIN_CODE: "验证码 {code}，{minutes} 分钟内有效，用于登录。任何人向您索要都是诈骗，请勿告诉他人。",
    VOUCHER_EXPIRES: "您的“{programme}”{number} 将于 {redeem_by} 到期，还剩 {days} 天。{step}；"
    "到期未核销自动失效。详询 12333。",
    TEXTED_CODE: "出示码 {code}，{minutes} 分钟内在{institution}使用一次。您本人在场才可念给工作人员；"
    "不是您在办理请勿告诉任何人，并拨打 12333。",
    VOUCHER_REDEEMED: "您的“{programme}”{number} 已于 {at} 在{institution}核销。"
    "不是您本人办理的，请立即拨打 12333。",
    CONSENT_CODE: "{helper}（手机{mobile}，{relationship}）想替您{scopes}，到 {until} 为止。"
    "同意就把授权码 {code} 念给他（她），{minutes} 分钟内有效。不认识、不同意的，请勿告诉任何人。",
    CONSENT_GIVEN: "您的代办授权 {number} 已登记（{way}）：可以{scopes}，到 {until} 为止。"
    "不是您同意的，请登录“我的—亲情代办”停止，或立即拨打 12333。",
    CONSENT_ENDED: "您的代办授权 {number} 已于 {at} 停止，代办人不能再替您办理。详询 12333。",
    HELPER_ACTED: "您的代办人（{relationship}）已替您{deed}，券号 {number}。"
    "不是您同意的，请登录“我的—亲情代办”停止，或立即拨打 12333。",
    DENIAL_OPENED: "您反映的补贴问题已登记，编号 {number}，{held}，{answer_by}。"
    "不是您本人反映的，请立即拨打 12333。",
    DENIAL_ANSWERED_LETTER: "您反映的补贴问题（编号 {number}）已由两人核查：{outcome}。"
    "详情请登录“我的补贴”查看；不服的可拨打 12333。",
    DENIAL_LIFTED: "您反映的补贴（编号 {number}）已更正，由两人解除停住、继续办理。"
    "仍有问题请登录“我的补贴”再次反映，会再停住；也可拨打 12333。",
    CLASS_CHANGED: "您的班级“{training}”有 {count} 次课改了时间、教师或地点，最早一次原定 {before}，"
    "现为 {after}，{place}。请登录“我的券”查看课程表。详询 12333。",
    CLASS_SESSIONS_CHANGED: "您的班级“{training}”的课程有变更：取消 {dropped} 次，新增 {added} 次，"
    "调整 {moved} 次；最早一处：{first}。请登录“我的券”查看课程表。详询 12333。",
    CLASS_MOVED: "您的培训券已转到{institution}的班级“{training}”，{starts} 起上课，{place}；已上的学时保留，"
    "原来的班不用再去。请登录“我的券”查看课程表。详询 12333。",
    CLASS_MOVED_OTHERWISE: "您的培训券已转到{institution}的班级“{training}”，{starts} 起上课，{place}；"
    "已上的学时保留，原来的班不用再去。请留意：{differs}。请登录“我的券”查看课程表；不合适的，请拨打 12333。",
    CLASS_CANCELLED: "您的班级“{training}”已取消，不用再去上课。券还在：{step}。"
    "请登录“我的券”查看。详询 12333。",
    INTAKE_NAMED: "{institution}申请开班“{training}”（{starts_on} 起），学员名册上有您。"
    "报了的不用办理；没有报的，请登录点“不是我”，或拨打 12333。您不点也不会扣券、扣钱。",
    INTAKE_DENIED: "您反映没有报“{training}”，编号 {number}，名册上的您先停住，{answer_by}。"
    "不是您本人反映的，请立即拨打 12333。",
    INTAKE_ANSWERED: "您反映的名册问题（编号 {number}）已核查：{outcome}。"
    "详情请登录“我的—名册上有我”查看；不服的可拨打 12333。",
    ACCESS_RESET: "您的账号 {login} 的密码和动态口令已于 {at} 由管理员重置，原来的登录全部退出。"
    "不是您要求的，请立即联系本单位管理员，并拨打 12333。",
    ACCESS_RESET_ASKED: "一名管理员于 {at} 提出重置您的账号 {login}，另一名管理员确认后即重置。"
    "不是您要求的，请立即联系本单位管理员，并拨打 12333。",
    PASSWORD_CHANGED: "您的账号 {login} 已于 {at} 修改密码，其他登录已退出。"
    "不是您本人改的，请立即联系本单位管理员或拨打 12333。",
    TOTP_BOUND: "您的账号 {login} 已于 {at} 绑定手机动态口令。"
    "不是您本人绑定的，请立即联系本单位管理员或拨打 12333。",
    RETENTION_SOON: "您的培训券账号长期没有使用，保存期已满的个人信息将于 {from_on} 起清除，"
    "清除后不能恢复、不能再领券。仍要使用的，在此之前登录一次即可；"
    "要留存的，可在“关于我的信息”下载。详询 12333。",
    STARS_ANSWERED: "贵机构对 {year} 年星级的异议已答复：{outcome}。理由和重算的结果请登录“本机构星级”查看。",
    APPEAL_MOVED: "您的复核申请 {number}：{told}。理由和记录请登录“我的—成绩与复核”查看。"
    "不是您申请的，请拨打 12333。",
    WEBHOOK_PAUSED: "您登记的系统“{name}”连续 {count} 次没有收下事件通知，已暂停。"
    "请登录“系统接入—事件通知”查看原因，排除后恢复，未送达的会补发。",
}

SMS_CLOSED = reason(
    "sms_closed",
    "本系统还没有开通短信",
    "登录请用账号密码，账号在人社服务窗口开立；用券请在手机上出示二维码，没有手机的请到窗口办理",
    "【设】消息送达",
    Family.FORBIDDEN,
)
PERSON_UNREACHABLE = reason(
    "person_unreachable",
    "此人没有登记手机号，无法发送短信",
    "请本人到窗口或在“我的”页面登记手机号",
    "【设】消息送达",
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to a person; the same key is sent once. `facts` hold nothing personal."""

    key: str
    person_id: int
    template: str
    facts: Mapping[str, object]
    good_until: datetime | None = None


def write_words(template: str, facts: Mapping[str, object]) -> str:
    """Return the words of a message as the telephone shows them."""
    return SIGNATURE + WORDS[template].format(**facts)


def write_to_number(
    work: Work, number: str, template: str, facts: Mapping[str, object], *, key: str, good_until: datetime
) -> None:
    """Post a message to a canonical mobile number, known to the house or not.

    Raises Refused subject_erased.
    """
    index = work.keyring.blind_index(MOBILE, number)
    subject_key = subjects.open_keys(work, [index])[index]
    told = json.dumps([number, write_words(template, facts)], ensure_ascii=False)
    sealed = work.keyring.seal(subject_key, CONTEXT, told)
    post(work, Draft(TOPIC, key, {"mobile_index": index, "template": template}, sealed, good_until))


def write_to_people(work: Work, notices: Iterable[Notice]) -> int:
    """Post messages to people and return how many of them are new."""
    drafts = [
        Draft(
            TOPIC,
            each.key,
            {"person_id": each.person_id, "template": each.template, "facts": dict(each.facts)},
            good_until=each.good_until,
        )
        for each in notices
    ]
    return len(post_all(work, drafts))


def read_mobile(session: Session, keyring: Keyring, person_id: int) -> str | None:
    """Return a person's mobile number, for sending to it only; None where none stands or it is erased."""
    row = session.execute(
        select(people.Person.blind_index, people.Person.mobile_sealed, subjects.SubjectKey.wrapped_key)
        .join(subjects.SubjectKey, subjects.SubjectKey.blind_index == people.Person.blind_index)
        .where(people.Person.id == person_id)
    ).one_or_none()
    if row is None or row.mobile_sealed is None or row.wrapped_key is None:
        return None
    return keyring.unseal(
        keyring.unwrap(row.wrapped_key, row.blind_index), people.MOBILE_CONTEXT, row.mobile_sealed
    )


def carry_by(database: Database, keyring: Keyring, port: SmsPort) -> Carrier:
    """Return the carrier of short messages through a port; no transaction is open meanwhile."""

    def carry(letter: Taken) -> None:
        number, words = _address(database, keyring, letter)
        port.send(number, words, f"letter-{letter.id}")

    return carry


def _address(database: Database, keyring: Keyring, letter: Taken) -> tuple[str, str]:
    """Return number and words of a letter. Raises Refused subject_erased, person_unreachable."""
    payload = letter.payload
    with database.read() as session:
        if "person_id" in payload:
            number = read_mobile(session, keyring, int(payload["person_id"]))
            if number is None:
                raise PERSON_UNREACHABLE.refused()
            return number, write_words(payload["template"], payload["facts"])
        index = str(payload["mobile_index"])
        key = subjects.find_keys(session, keyring, [index]).get(index)
    if key is None or letter.sealed is None:
        raise subjects.SUBJECT_ERASED.refused()
    number, words = json.loads(keyring.unseal(key, CONTEXT, letter.sealed))
    return number, words
