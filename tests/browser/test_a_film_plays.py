"""A film goes up at the institution's page and really plays on the telephone: pictures move, pieces come."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from tests.browser import learning
from tests.browser.learning import CLASS, DAYS
from tests.browser.loop_town import WORKER, Loop, open_loop
from tests.films import key_frame_of, playable_webm
from voucher.stages.train.models.classes import ClassSession

pytestmark = pytest.mark.tour
SECONDS, WIDE, HIGH = 60, 320, 240
COLOURS = ("#c00000", "#00a000", "#0000c0")
# left the colour of the second, right what no encoder makes small: a film larger than one piece
PAINT = """([colours, width, height]) => colours.map((colour) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const brush = canvas.getContext('2d');
  brush.fillStyle = colour;
  brush.fillRect(0, 0, width, height);
  const noise = brush.getImageData(width / 2, 0, width / 2, height);
  noise.data.forEach((_, place) => { if (place % 4 < 3) noise.data[place] = Math.random() * 255; });
  brush.putImageData(noise, width / 2, 0);
  return canvas.toDataURL('image/webp', 0.8).split(',')[1];
})"""
SEEN = """() => {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const brush = canvas.getContext('2d');
  brush.drawImage(video, 0, 0);
  const [red, green, blue] = brush.getImageData(20, 100, 1, 1).data;
  return {at: video.currentTime, long: video.duration, wide: video.videoWidth, strongest:
    [red, green, blue].indexOf(Math.max(red, green, blue))};
}"""
GO_TO = """(second) => new Promise((come) => {
  const video = document.querySelector('video');
  video.pause();
  video.addEventListener('seeked', () => come(true), {once: true});
  video.currentTime = second;
})"""


def paint_film(page: Page) -> bytes:
    """Return a film of a minute, painted by the browser itself: red, green, blue, a second each."""
    painted = page.evaluate(PAINT, [list(COLOURS), WIDE, HIGH])
    pictures = [key_frame_of(base64.b64decode(each)) for each in painted]
    return playable_webm([pictures[second % 3] for second in range(SECONDS)], WIDE, HIGH)


def make_online(loop: Loop) -> int:
    """Make the first session of the class an online one and return its id."""
    house = loop.town.stage.house
    with house.database.read() as session:
        first = session.scalars(select(ClassSession).order_by(ClassSession.starts_at)).first()
        assert first is not None
        wanted = first.id
    loop.town.stage.act(
        "operator",
        lambda work: work.session.execute(
            update(ClassSession).where(ClassSession.id == wanted).values(mode="online")
        ),
    )
    return wanted


def test_a_film_is_uploaded_in_one_form_and_plays_on_the_telephone(tmp_path: Path, chromium: Browser) -> None:
    with open_loop(tmp_path, chromium) as loop:
        learning.open_the_class(loop)
        learning.take_a_voucher(loop)
        held = make_online(loop)
        desk = loop.at("institution")
        desk.go(f"/institution/sessions/{held}/lessons")
        film = paint_film(desk.page)
        desk.page.get_by_label("标题", exact=True).fill("饮食照护")
        desk.page.get_by_label("上传视频").set_input_files(
            {"name": "照护.webm", "mimeType": "video/webm", "buffer": film}
        )
        desk.page.get_by_label("分钟数").first.fill("1")
        desk.page.get_by_label("检查题").first.fill("喂食前先做什么？")
        desk.page.get_by_label("选项").first.fill("洗手|关灯")
        desk.page.get_by_label("答案").first.fill("1")
        desk.press("添加")
        desk.reads("看上传的视频（WEBM，1 分 0 秒")
        loop.is_fine("institution")
        desk.shoot("lesson-film-1440")
        # whoever teaches looks at it as the learners will
        desk.follow("看上传的视频")
        expect(desk.page.locator("video")).to_have_js_property("videoWidth", WIDE)
        desk.page.go_back()

        learning.redeem_at_the_counter(loop)
        loop.turn_to(DAYS[0], 9)
        worker = loop.at(WORKER)
        pieces: list[Any] = []
        worker.page.on("response", lambda answer: pieces.append(answer) if "/videos/" in answer.url else None)
        worker.go(f"/my/vouchers/1/sessions/{held}/lessons")
        worker.reads(CLASS)
        assert pieces == [], "nothing comes down the line before it is asked for"
        worker.press("开始学习")
        expect(worker.page.locator("[data-playing]")).to_be_visible()
        # seconds after the click, as on a busy machine, a browser plays nothing with sound by itself: the
        # person then presses play on the film
        worker.page.locator("video").evaluate("video => video.paused && (video.muted = true, video.play())")
        worker.page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")
        first = worker.page.evaluate(SEEN)
        assert (first["wide"], round(first["long"])) == (WIDE, SECONDS)
        colours = {}
        for second in (3.5, 40.5, 59.2):
            worker.page.evaluate(GO_TO, second)
            seen = worker.page.evaluate(SEEN)
            colours[second] = seen["strongest"]
        assert colours == {3.5: 0, 40.5: 1, 59.2: 2}, "the picture is the one of that second"
        assert {each.status for each in pieces} == {206}
        assert len(pieces) > 1, "piece by piece"
        worker.reads("喂食前先做什么？")
        worker.shoot("lesson-film-360")
        loop.is_fine(WORKER)
