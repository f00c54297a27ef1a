"""Codes of addresses: the drawing has a dark square exactly where the code has one."""

import re

import pytest

from common import qr

ADDRESS = "https://ankommen.example.org/link/welcome/WzEyMywgNzQwMTQzXQ.DClIniV2g4ZupkZB3KN1cABBnSDj8MO3i9JZag9ftc4/"


@pytest.mark.parametrize("quick", [False, True])
def test_the_drawing_is_the_code(quick):
    rows = qr.matrix(ADDRESS, quick)
    drawn = [[False] * len(rows) for _row in rows]
    path = re.search(r'stroke="#000" d="([^"]+)"', qr.svg(ADDRESS, quick=quick))[1]
    for x, y, width in re.findall(r"M(\d+),(\d+)\.5h(\d+)", path):
        for place in range(int(x), int(x) + int(width)):
            drawn[int(y)][place] = True
    assert drawn == rows and re.fullmatch(r"(M\d+,\d+\.5h\d+)+", path)


def test_a_quick_code_says_the_same_with_another_pattern():
    careful, quick = qr.matrix(ADDRESS), qr.matrix(ADDRESS, quick=True)
    assert len(careful) == len(quick) and careful[:4] == quick[:4]
