"""Pictures and the brand: taken in, encoded anew, served to everybody; worn by all mails once published."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.pages.conftest import World

from slinga.admin.pictures.encoding import WIDEST, encode
from slinga.kernel.errors import Invalid

CANARY = "<script>alert('c4nary')</script>"


def file(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else (0, 128, 128, 90)).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (file("PNG"), "image/png"),
        (file("JPEG"), "image/jpeg"),
        (file("WEBP"), "image/jpeg"),
        (file("WEBP", mode="RGBA"), "image/png"),
        (file("GIF"), "image/png"),
    ],
)
def test_the_kind_is_told_by_the_content(data: bytes, media: str) -> None:
    found = encode(data)
    assert found.media == media and (found.width, found.height) == (40, 30)
    assert encode(data).name == found.name


def test_large_ones_are_made_smaller_and_lose_what_the_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    found = encode(file("JPEG", (3000, 1500), exif=exif))
    assert found.width == WIDEST and found.height == WIDEST // 2
    assert b"secret" not in found.content and not Image.open(io.BytesIO(found.content)).getexif()


def test_moving_pictures_move_on() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90)
    found = encode(out.getvalue())
    assert found.media == "image/gif" and Image.open(io.BytesIO(found.content)).n_frames == 3


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "SVG"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"GIF89a" + b"<script>alert(1)</script>", "no JPEG"),
        (b"<html><script>x</script>", "no JPEG"),
        (b"", "no JPEG"),
        (file("BMP"), "no JPEG"),
        (file("PNG", (200, 200))[:60], "no JPEG"),
        (b"x" * 8_000_001, "8 MB"),
        (file("PNG", (9_000, 9_000), "RGB"), "40 million"),
    ],
)
def test_what_is_no_picture_or_too_much_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        encode(data)


@settings(max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF"])
)
def test_broken_files_are_refused_and_never_a_fault(data: bytes, head: bytes) -> None:
    try:
        encode(head + data)
    except Invalid:
        return


def upload(world: World, data: bytes, status: int = 303, csrf: str = "", **fields: str):
    answer = world.web.post(
        "/admin/pictures",
        data={"csrf": csrf or world.csrf(), **fields},
        files={"file": ("name.png", data, "image/svg+xml")},
    )
    assert answer.status_code == status, answer.text[:600]
    return answer


def test_a_picture_is_uploaded_listed_and_served_to_everybody(world: World) -> None:
    assert "No pictures yet" in world.get("/admin/pictures")
    upload(world, file(), title=CANARY)
    upload(world, file(), title="again the same")
    page = world.get("/admin/pictures")
    assert page.count("<figure") == 1 and CANARY not in page
    name = page.split('src="/media/')[1].split('"')[0]
    world.web.cookies.clear()
    answer = world.web.get(f"/media/{name}")
    assert answer.headers["content-type"] == "image/png" and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert Image.open(io.BytesIO(answer.content)).size == (40, 30)
    for path in ("x.png", f"{'0' * 32}.png", f"{name[:-3]}svg", "..%2f..%2fetc%2fpasswd"):
        assert world.web.get(f"/media/{path}").status_code == 404


def test_hidden_pictures_are_still_served(world: World) -> None:
    upload(world, file())
    name = world.get("/admin/pictures").split('src="/media/')[1].split('"')[0]
    assert world.web.post(f"/admin/pictures/{name}/hide", data={"csrf": world.csrf()}).status_code == 303
    assert "No pictures yet" in world.get("/admin/pictures")
    assert world.web.get(f"/media/{name}").status_code == 200


def test_an_upload_from_elsewhere_or_of_no_picture_is_refused(world: World) -> None:
    upload(world, file(), 403, csrf="wrong")
    assert "SVG" in upload(world, b"<svg onload='x'/>", 400).text


def test_the_brand_is_a_draft_until_it_is_published(world: World) -> None:
    world.publish("brand", "brand", {"name": "Old"})
    form = {
        "csrf": world.csrf(), "name": "New", "color": "#aa0000", "url": "https://shop.test",
        "font": "georgia", "rounding": "0", "link_instagram": "https://instagram.com/x", "revision": "0",
    }  # fmt: skip
    assert world.web.post("/admin/brand", data=form).status_code == 303
    page, frame = world.get("/admin/brand"), world.get("/admin/brand/frame")
    assert "not published" in page and "#aa0000" in page
    assert "#aa0000" in frame and "Georgia" in frame
    assert world.web.post("/admin/brand", data=form).status_code == 409, "somebody saved meanwhile"
    assert world.web.post("/admin/brand/publish", data={"csrf": world.csrf()}).status_code == 303
    assert "not published" not in world.get("/admin/brand")


@pytest.mark.parametrize("field", ["color", "url", "font", "rounding", "link_x"])
def test_what_does_not_fit_a_brand_is_told(world: World, field: str) -> None:
    answer = world.web.post(
        "/admin/brand", data={"csrf": world.csrf(), field: f'x" {CANARY}', "revision": "0"}
    )
    assert answer.status_code == 400 and field in answer.text and CANARY not in answer.text
