"""A receiver sees the links, the picture and the way out, and nothing that is not there."""

from slinga.demo.letters import open_mail

RAW = b"""\
From: Shop <hello@example.com>\r
To: a@example.org\r
Feedback-ID: welcome:welcome-reminder:marketing:slinga\r
Subject: Hello\r
List-Unsubscribe: <mailto:u@example.com>, <https://x.example/u/tok>\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello https://x.example/c/one\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<a href="https://x.example/c/one?a=1&amp;b=2">One</a><a href="https://x.example/c/two">Two</a>
<a href="https://x.example/u/tok">Leave</a><img src="https://x.example/o/pix" alt="">\r
--b--\r
"""


def test_a_mail_is_read_like_a_person_reads_it():
    mail = open_mail(RAW, id="m", to="a@example.org", at=1)
    assert mail.links == ("https://x.example/c/one?a=1&b=2", "https://x.example/c/two")
    assert (mail.journey, mail.template) == ("welcome", "welcome-reminder")
    assert mail.open_url == "https://x.example/o/pix"
    assert mail.unsubscribe_url == "https://x.example/u/tok"


def test_a_push_has_no_letter():
    assert open_mail(b"{}", id="m", to="device", at=1, channel="push").links == ()
