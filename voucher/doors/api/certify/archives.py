"""电子档案: a worker reads the own record, objects to it, shows it, has it signed; the office answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import check_rate, limiter
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.certify.archives import (
    ArchiveObjectionFilter,
    ArchiveObjections,
    ArchiveObjectionState,
    ArchiveState,
    NewArchiveObjection,
    NewLook,
    NewRecall,
    NewShare,
    NewShareEnding,
    NewSignedArchive,
    ObjectionAnswer,
    Shares,
    ShareState,
    ShownState,
    SignedArchive,
    SignedFiles,
    SignedState,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.archive import Extent
from voucher.stages.oversee.archive import objecting, sharing
from voucher.stages.oversee.archive.entries import Archive, open_archive
from voucher.stages.oversee.archive.models import ArchiveCredential, ArchiveObjection, ArchiveShare
from voucher.stages.oversee.archive.objecting import ObjectionView, view_objections
from voucher.stages.oversee.archive.recalling import list_signed, recall
from voucher.stages.oversee.archive.sharing import ShareView, Shown, list_shares, view_shares
from voucher.stages.oversee.archive.signing import sign_archive

archives = Room("archives", __name__, url_prefix="/api/v1", description="电子档案")


@archives.look("/archive", answer=ArchiveState)
def show_archive(session: Session, _asked: dict[str, Any]) -> Archive:
    """本人的终身电子档案，按时间先后；更正、撤销、终止的都在，并标明。"""
    return open_archive(session, the_door().keyring, current_actor().person_id)


@archives.look("/archive/objections", query=ArchiveObjectionFilter, answer=ArchiveObjections)
def list_objections(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """档案异议，新的在前：劳动者见本人的，人社部门见本辖区的。"""
    actor, regions = current_actor(), within(session, asked["region"])
    own = actor.person_id if actor.has(Role.WORKER) and not regions else None
    page = paged(
        asked,
        lambda before, limit: objecting.list_objections(
            session, regions, person_id=own, waiting=asked["waiting"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": view_objections(session, the_door().keyring, page["items"], the_door().today)}


@archives.act(
    "/archive/objections",
    body=NewArchiveObjection,
    answer=ArchiveObjectionState,
    example={"ref": "certificate-12", "said": "这本证书不是我考的"},
)
def object_to(work: Work, given: dict[str, Any]) -> ObjectionView:
    """对本人档案的一条提出异议：给编号和最迟答复日；同一条有待答复的不能再提。"""
    return _told(work, objecting.object_to(work, given["ref"], given["said"]))


@archives.act(
    "/archive/objections/<int:objection_id>/answers",
    body=ObjectionAnswer,
    answer=ArchiveObjectionState,
    example={"upheld": False, "answer": "经核对登记，证书由本人考取"},
)
def answer_objection(work: Work, given: dict[str, Any], objection_id: int) -> ObjectionView:
    """人社部门答复档案异议，写明理由，一次；成立的另按更正、撤销的办法办理。"""
    return _told(
        work,
        objecting.answer_objection(work, objection_id, upheld=given["upheld"], answer=given["answer"]),
    )


@archives.look("/archive/shares", query=Paging, answer=Shares)
def list_own_shares(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本人出示过的档案，新的在前：出示码、范围、期限，谁在什么时候看过（最近 20 次）。"""
    door, person_id = the_door(), current_actor().person_id
    page = paged(
        asked,
        lambda before, limit: list_shares(session, person_id, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": view_shares(session, door.keyring, page["items"], door.today)}


@archives.ask(
    "/archive/shares",
    body=NewShare,
    answer=ShareState,
    status=201,
    example={"extent": "certificates", "until_on": None},
)
def share(work: Work, given: dict[str, Any]) -> ShareView:
    """出示本人档案：得到一个限期的出示码，范围由本人选定，随时可停；出示码不留存在答复里。"""
    return _shared(work, sharing.share(work, Extent(given["extent"]), given["until_on"]))


@archives.ask(
    "/archive/shares/<int:share_id>/endings", body=NewShareEnding, answer=ShareState, status=201, example={}
)
def end_share(work: Work, _given: dict[str, Any], share_id: int) -> ShareView:
    """停止出示，立即生效；看过的记录保留。"""
    return _shared(work, sharing.end_share(work, share_id))


@archives.ask(
    "/archive/looks",
    body=NewLook,
    answer=ShownState,
    example={"code": "1234 5678 9012 3456 7890", "viewer": "宏大机械公司"},
    rate=limiter.limit(check_rate),
)
def look(work: Work, given: dict[str, Any]) -> Shown:
    """凭出示码查看档案：每次查看都记下，本人看得到；码不对、停止、过期的答复相同。"""
    return sharing.look(work, given["code"], given["viewer"])


@archives.ask(
    "/archive/credentials",
    body=NewSignedArchive,
    answer=SignedArchive,
    status=201,
    example={"extent": "trainings"},
)
def sign(work: Work, given: dict[str, Any]) -> dict[str, str]:
    """本人档案的签名文件（W3C 可验证凭证 2.0，vc+jwt），任何人凭公布的公钥可以验证。"""
    return {"credential": sign_archive(work, Extent(given["extent"]), the_door().config.public_host)}


@archives.look("/archive/credentials", query=Paging, answer=SignedFiles)
def list_own_signed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本人下载过的签名文件，新的在前：到哪天有效，是不是收回了；文件本身不留存。"""
    person_id = current_actor().person_id
    return paged(
        asked,
        lambda before, limit: list_signed(session, person_id, before_id=before, limit=limit),
        lambda row: row.id,
    )


@archives.act(
    "/archive/credentials/<int:credential_id>/recalls", body=NewRecall, answer=SignedState, example={}
)
def recall_signed(work: Work, _given: dict[str, Any], credential_id: int) -> ArchiveCredential:
    """收回本人的一份签名文件：任何人联网核对时会看到“已撤销”，不能恢复。"""
    return recall(work, credential_id)


def _told(work: Work, row: ArchiveObjection) -> ObjectionView:
    return view_objections(work.session, work.keyring, [row], work.today)[0]


def _shared(work: Work, row: ArchiveShare) -> ShareView:
    return view_shares(work.session, work.keyring, [row], work.today)[0]
