from common import progress


def test_the_progress_of_a_job_is_seen_from_another_connection():
    progress.note("test job", 30, 120)
    assert progress.read("test job") == (30, 25)
    progress.note("test job", 30)
    assert progress.read("test job") == (30, None)


def test_a_job_goes_on_while_redis_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    progress.note("test job", 1)
    assert progress.read("test job") == (None, None)
