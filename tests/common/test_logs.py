import io
import logging

from common.logs import OneLineFormatter


def line_of(message, *args):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("{levelname} {message}", style="{"))
    handler.emit(logging.LogRecord("test", logging.WARNING, __file__, 1, message, args, None))
    return stream.getvalue()


def test_a_name_with_line_breaks_cannot_forge_a_second_log_line():
    written = line_of("import of %s failed", "list.csv\n2026-11-22 INFO root: all fine\r\x1b[2J")
    assert written.count("\n") == 1
    assert "\\n2026-11-22 INFO" in written
    assert "\x1b" not in written and "\r" not in written


def test_direction_marks_that_turn_a_log_line_around_are_shown_as_codes():
    assert "\\u202e" in line_of("file %s", "evil\u202excod.exe")


def test_words_of_all_three_languages_stay_readable():
    assert "Müller und כהן" in line_of("%s", "Müller und כהן")


def test_keys_in_addresses_do_not_stand_in_the_log():
    for address in ("/sign-in/KEY:1:x/", "/link/step/KEY.x/", "/link/escalation/KEY/", "/accounts/password/reset/key/1-KEY/"):
        written = line_of("Forbidden (CSRF cookie not set.): %s", address)
        assert "KEY" not in written and address.split("KEY")[0].rstrip("1-") in written
    assert "/members/7/" in line_of("Not Found: %s", "/members/7/")
