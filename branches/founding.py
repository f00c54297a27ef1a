"""What a new party begins with beside units and offices, as rooms above add it: functions of its root that may run twice."""

_installs: list = []


def add(install):
    _installs.append(install)


def install(root):
    """Give a new party everything that was added."""
    for each in _installs:
        each(root)
