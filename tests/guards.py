"""What keeps people out, found in the code of the rooms, so that each of them can be taken away in turn.

A guard is
- a question of rows for somebody: a method of a queryset that takes a `user`. Taken away it gives all rows;
- each place where such a question is asked. Taken away the rows asked stand there, narrowed for nobody;
- each place where a row to change is fetched (`to_change`, `with_right`). Taken away who sees it may change it;
- each place where the offices of somebody become a condition (`covers`, `reached_by` and the like). Taken away there is no condition;
- each refusal: `raise PermissionDenied`, and `raise Http404` on account of who asks. Taken away it goes on.

Taking one away changes no file: the function gets the code it would have without the guard, and its own again afterwards.
"""

import ast
import gc
import importlib
import inspect
import sys
from collections import Counter, defaultdict
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from common import prepared
from common.templatetags import kept

ROOMS = ["branches", "outbox", "membership", "onboarding", "education", "planning", "cockpit", "common", "config"]
LEFT_OUT = {"migrations", "demo", "management"}
CONDITIONS = {"covers", "covers_whole", "leads_above", "keeps_money", "oversees", "same_party", "reached_by"}
# What stands in the code for a guard that is taken away; put into the globals of its function while it is.
STAND_INS = {
    "_no_condition": lambda *args, **more: Q(),
    "_seen_only": lambda user, rows, right=0, unit="", **wanted: get_object_or_404(rows.visible_to(user), **wanted),
}


TABLE = Path(__file__).with_name("guards.txt")


def lines():
    """{guard: who notices}: [address, method, person, place], [test] or ["nobody"]."""
    return {name: who.split() for name, who in (line.split(" = ") for line in TABLE.read_text().splitlines())}


@dataclass(frozen=True)
class Guard:
    """`name` says where it stands: "room.module:function what number"."""

    name: str
    function: FunctionType
    without: CodeType

    @contextmanager
    def taken_away(self):
        kept, self.function.__code__ = self.function.__code__, self.without
        self.function.__globals__.update(STAND_INS)
        _forget()
        try:
            yield
        finally:
            self.function.__code__ = kept
            for name in STAND_INS:
                del self.function.__globals__[name]
            _forget()


def _forget():
    """What was put together with a guard in it, or without, must not stand in for the other."""
    from planning import meter  # models: not before the settings, which a plugin of pytest comes before

    for kept_for_long in (prepared._statements, kept._pieces, meter._SEEN):
        kept_for_long.clear()
    for name in prepared._names.pop(connection.connection, ()) if connection.connection else ():
        connection.connection.execute(f'DEALLOCATE "{name}"')


def guards():
    """All guards of all rooms, in the order of the code."""
    root, found = Path(settings.BASE_DIR), []
    trees = {
        path: ast.parse(path.read_text())
        for room in ROOMS
        for path in sorted((root / room).rglob("*.py"))
        if not LEFT_OUT & set(path.parts)
    }
    modules = {
        path: importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")) for path in trees
    }
    questions = {name for module in modules.values() for kind in vars(module).values() for name in _questions(kind, module)}
    gc.unfreeze()  # tests/conftest.py hides what is imported from the collector, and so from us
    functions = {(f.__code__.co_filename, f.__code__.co_firstlineno, f.__name__): f for f in gc.get_objects() if type(f) is FunctionType}
    for path, tree in trees.items():
        for top in tree.body:
            for kind, node in _functions(top):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                function = functions.get((str(path), first, node.name))
                if function:
                    where = f"{modules[path].__name__}:{kind.name + '.' if kind else ''}{node.name}"
                    found += [Guard(name, function, code) for name, code in _taken_from(top, kind, node, function, where, questions)]
    return found


@contextmanager
def run(found):
    """The names of those of the guards in `found` ({name: guard}) whose function runs meanwhile."""
    names, ran = defaultdict(list), set()
    for name, guard in found.items():
        names[guard.function.__code__].append(name)

    def note(frame, event, _arg):
        if event == "call" and frame.f_code in names:
            ran.update(names[frame.f_code])

    sys.setprofile(note)
    try:
        yield ran
    finally:
        sys.setprofile(None)


def _questions(kind, module):
    """Names of the methods that ask for rows of somebody, if `kind` is a queryset of `module`."""
    if not (inspect.isclass(kind) and issubclass(kind, QuerySet) and kind.__module__ == module.__name__):
        return
    for name, function in vars(kind).items():
        if inspect.isfunction(function) and "user" in inspect.signature(function).parameters:
            yield name


def _functions(top):
    """(class or None, function) of what a statement of a module defines."""
    if isinstance(top, ast.FunctionDef):
        yield None, top
    elif isinstance(top, ast.ClassDef):
        yield from ((top, node) for node in top.body if isinstance(node, ast.FunctionDef))


def _taken_from(top, kind, node, function, where, questions):
    """(name, code without it) of every guard in the function."""
    names = Counter()
    if kind and node.name in questions and any(arg.arg == "user" for arg in node.args.args):
        code = _compiled(top, function, node, lambda one: ast.parse("return self.all()").body)
        if code:
            yield where, code
        return  # the conditions inside are this guard
    for one, what, instead in _places(node, function, questions):
        names[what] += 1
        code = _compiled(top, function, one, lambda _one, instead=instead: instead)
        yield f"{where} {what}{f' {names[what]}' if names[what] > 1 else ''}", code


def _places(node, function, questions):
    """(node, what it is, what stands there without it) of the guards within a function."""
    reasons = defaultdict(str)
    for one in ast.walk(node):
        if isinstance(one, ast.If):
            for below in one.body:
                reasons[id(below)] = ast.unparse(one.test)
    for one in ast.walk(node):
        if isinstance(one, ast.Raise) and one.exc:
            name = getattr(getattr(one.exc, "func", one.exc), "id", "")
            if name == "PermissionDenied" or (name == "Http404" and "user" in reasons[id(one)]):
                yield one, "raise", ast.Pass()
        elif isinstance(one, ast.Call):
            called = one.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            if name == "covers" and isinstance(called, ast.Attribute) and not _of_module(called.value, function):
                yield one, name, ast.Constant(True)  # of an appointment: everything is within it
            elif name in CONDITIONS:
                yield one, name, ast.Call(ast.Name("_no_condition", ast.Load()), one.args, one.keywords)
            elif name in ("to_change", "with_right"):
                yield one, name, ast.Call(ast.Name("_seen_only", ast.Load()), one.args, one.keywords)
            elif isinstance(called, ast.Attribute) and name in questions and one.args and not _of_module(called.value, function):
                rows = ast.Subscript(ast.Tuple([called.value, *one.args], ast.Load()), ast.Constant(0), ast.Load())
                yield one, name, ast.Call(ast.Attribute(rows, "all", ast.Load()), [], [])


def _of_module(node, function):
    return isinstance(node, ast.Name) and inspect.ismodule(function.__globals__.get(node.id))


def _compiled(top, function, target, instead):
    """The code of `function` with `target`, a node of the statement `top`, replaced by what `instead` gives for it."""

    class Without(ast.NodeTransformer):
        def visit(self, one):
            if isinstance(one, type(target)) and (one.lineno, one.col_offset, one.end_lineno, one.end_col_offset) == place:
                if one.__class__ is ast.FunctionDef:
                    one.body = instead(one)
                    return one
                return ast.copy_location(instead(one), one)
            return super().visit(one)

    place = (target.lineno, target.col_offset, target.end_lineno, target.end_col_offset)
    tree = ast.fix_missing_locations(ast.Module([Without().visit(deepcopy(top))], []))
    return _dug_out(compile(tree, function.__code__.co_filename, "exec"), function.__code__)


def _dug_out(code, like):
    for part in code.co_consts:
        if isinstance(part, CodeType):
            if (part.co_name, part.co_firstlineno) == (like.co_name, like.co_firstlineno):
                return part
            if found := _dug_out(part, like):
                return found
    return None
