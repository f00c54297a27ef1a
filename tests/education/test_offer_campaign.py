"""Telling members of offers while those who write and send are killed at random moments: everybody once, nobody twice, nothing lost."""

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.outbox.test_kill_campaign import Installation

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("kill campaign")]
UNTOLD = "SELECT 1 FROM education_offernotice WHERE mail_id IS NULL UNION ALL SELECT 1 FROM outbox_message WHERE state <> 'sent' LIMIT 1"


@pytest.fixture
def installation():
    folder = Path(tempfile.mkdtemp(prefix="ankommen-"))
    folder.chmod(0o755)
    ours = Installation(folder)
    yield ours
    ours.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("members, kills", [(300, 12), pytest.param(50_000, 200, marks=pytest.mark.slow)])
def test_everybody_is_told_once_whoever_is_killed(installation, members, kills):
    ours = installation
    ours.sink.seconds = 0.01 if members < 1000 else 0.001
    ours.start("furnish", sys.executable, "-m", "tests.education.campaign", "furnish", members)
    assert ours.child("furnish").wait() == 0, ours.data.log("furnish")
    ours.start("offers", sys.executable, "-m", "tests.education.campaign", "offers", 2)
    done, end = 0, time.monotonic() + 240 + members / 10
    while done < kills or not ours.sink.mails or ours.ask(UNTOLD):
        assert time.monotonic() < end, ours.data.log("offers")
        # Spread over the whole work: the first kills meet the writing, the others the sending.
        if done < kills and (done < 3 or len(ours.sink.mails) > members * done / kills * 0.9):
            time.sleep(random.uniform(0, 0.3))
            if done % 50 == 7:
                ours.restart_database()
            done += ours.kill_one_forked("offers")
        else:
            time.sleep(0.1)
    ours.kill("offers")
    told = Counter(recipient for recipient, _message in ours.sink.mails)
    both = ours.ask("SELECT count(*), count(DISTINCT (offer_id, member_id)), count(mail_id) FROM education_offernotice")[0]
    cut_off = ours.ask("SELECT count(*) FROM outbox_message WHERE attempts > 0")[0][0]
    print(f"{done} kills, {members} members: {members - len(told)} not told, {sum(n > 1 for n in told.values())} told twice, {cut_off} recovered")
    assert len(told) == members and set(told.values()) == {1}
    assert both == (2 * members,) * 3
    assert len(set(ours.sink.ids)) == members
