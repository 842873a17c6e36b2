"""What the syntax layer makes of single shapes: nodes, places, scopes, order of calls."""

from __future__ import annotations

import pytest

from offloop.facts.extract import extract
from offloop.facts.model import ModuleFacts, ParameterKind
from offloop.facts.tree import (
    Assign,
    Attribute,
    Await,
    Binary,
    Boolean,
    Call,
    Collection,
    Compare,
    Compound,
    Comprehension,
    Conditional,
    Constant,
    Define,
    Delete,
    Dictionary,
    Evaluate,
    Expr,
    For,
    Generator,
    If,
    Import,
    Jump,
    Lambda,
    Match,
    Name,
    Not,
    Scope,
    Starred,
    Statement,
    Subscript,
    Try,
    Walrus,
    While,
    With,
    Yield,
)


def only_statement(text: str) -> Statement:
    facts = extract(text)
    assert facts.problems == ()
    (statement,) = facts.body
    return statement


def expression(text: str) -> Expr:
    statement = only_statement(text)
    assert isinstance(statement, Evaluate)
    return statement.value


def annotation(text: str) -> Expr | None:
    statement = only_statement(f"x: {text}")
    assert isinstance(statement, Assign)
    return statement.annotation


def called(text: str, calls: tuple[Call, ...]) -> list[str]:
    return [text[call.function.start : call.function.end] for call in calls]


# ------------------------------------------------------------------ expressions
@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("x", Name("x", 0, 1)),
        ("(a.b)", Attribute(Name("a", 1, 2), "b", 1, 4)),
        ("a[b]", Subscript(Name("a", 0, 1), Name("b", 2, 3), 0, 4)),
        ("await a", Await(Name("a", 6, 7), 0, 7)),
        ("[a, *b]", Collection("list", (Name("a", 1, 2), Starred(Name("b", 5, 6), 4, 6)), 0, 7)),
        ("(a,)", Collection("tuple", (Name("a", 1, 2),), 0, 4)),
        ("{a}", Collection("set", (Name("a", 1, 2),), 0, 3)),
        ("{1: a, **b}", Dictionary(((Constant(1, 1, 2), Name("a", 4, 5)), (None, Name("b", 9, 10))), 0, 11)),
        ("a if b else c", Conditional(Name("b", 5, 6), Name("a", 0, 1), Name("c", 12, 13), 0, 13)),
        ("(a := b)", Walrus(Name("a", 1, 2), Name("b", 6, 7), 1, 7)),
        ("a or b or c", Boolean("or", (Name("a", 0, 1), Name("b", 5, 6), Name("c", 10, 11)), 0, 11)),
        ("not a", Not(Name("a", 4, 5), 0, 5)),
        ("-a", Compound((Name("a", 1, 2),), 0, 2)),
        (
            "a < b not in c",
            Compare(("<", "not in"), (Name("a", 0, 1), Name("b", 4, 5), Name("c", 13, 14)), 0, 14),
        ),
        ("a // b", Binary("//", Name("a", 0, 1), Name("b", 5, 6), 0, 6)),
        (
            "[a async for a in b if c]",
            Comprehension(
                "list",
                (Name("a", 1, 2),),
                (Generator(Name("a", 13, 14), Name("b", 18, 19), (Name("c", 23, 24),), True),),
                0,
                25,
            ),
        ),
        ("f'{a}b'", Compound((Name("a", 3, 4), Constant("b", 5, 6)), 0, 7)),
        ("t'{a}b'", Compound((Name("a", 3, 4), Constant("b", 5, 6)), 0, 7)),
        ("a[1:b]", Subscript(Name("a", 0, 1), Compound((Constant(1, 2, 3), Name("b", 4, 5)), 2, 5), 0, 6)),
    ],
)
def test_expression(text: str, node: Expr) -> None:
    assert expression(text) == node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("None", None),
        ("True", True),
        ("...", ...),
        ("1_000", 1000),
        ("0xFFFFFFFF", 2**32 - 1),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2**63),
        ("1.5", 1.5),
        ("2j", 2j),
        ("'a' \"b\"", "ab"),
        (r"'\xe9\n'", "é\n"),
        ("'é' # ö\\\n", "é"),
        ("('é' # ö\n 'b')", "éb"),
        (r"'é\n'", "é\n"),
        (r"r'é\n'", r"é\n"),
        (r"'\ud800'", "\ud800"),
        (r"b'a\xff'", b"a\xff"),
        (r"b'\n' b'''é'''".replace("é", "e"), b"\ne"),
    ],
)
def test_constant_value(text: str, value: object) -> None:
    node = expression(text)
    assert isinstance(node, Constant)
    assert node.value == value
    assert type(node.value) is type(value)


def test_call_arguments_keep_the_order_of_the_text() -> None:
    call = expression("f(a, b=1, *c, **d)")
    assert isinstance(call, Call)
    assert [(a.keyword, a.stars, a.value.start) for a in call.arguments] == [
        (None, 0, 2),
        ("b", 0, 7),
        (None, 1, 11),
        (None, 2, 16),
    ]
    assert (call.start, call.end) == (0, 18)


def test_parts_of_an_fstring_outside_of_ascii() -> None:
    node = expression("f'é{ä!r:>{ö}}{{ü' 'ß'")
    assert isinstance(node, Compound)
    first, name, specification, brace, joined = node.parts
    assert (first, name) == (Constant("é", 2, 3), Name("ä", 4, 5))
    assert specification == Compound((Constant(">", 8, 9), Name("ö", 10, 11)), 8, 12)
    assert isinstance(brace, Constant)
    assert brace.value == "{ü"
    assert joined == Constant("ß", 18, 21)


# ------------------------------------------------------------------ annotations
def bare(node: object) -> object:
    """Return a node without its places."""
    if isinstance(node, tuple):
        fields = node[:-2] if hasattr(node, "start") else node
        return (type(node).__name__, *[bare(item) for item in fields])
    return node


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("HomeAssistant", "HomeAssistant"),
        ("'HomeAssistant'", "HomeAssistant"),
        ("a.b.C", "a.b.C"),
        ("'list[a.C] | None'", "list[a.C] | None"),
        ("list['C']", "list[C]"),
        ("dict[str, C | None]", "dict[str, C | None]"),
        ("Callable[[int, 'str'], None]", "Callable[[int, str], None]"),
        ("Callable[..., T]", "Callable[..., T]"),
        ("tuple[()]", "tuple[()]"),
        ("Literal['C', 'two words', 1, True, None]", "Literal['C', 'two words', 1, True, None]"),
        ("t.Literal[b'x']", "t.Literal[b'x']"),
        ("Optional[C]", "Optional[C]"),
    ],
)
def test_annotation_is_the_expression_that_it_says(text: str, same_as: str) -> None:
    assert bare(annotation(text)) == bare(expression(same_as))


def test_places_in_annotations() -> None:
    assert annotation("a.B[c]") == Subscript(Attribute(Name("a", 3, 4), "B", 3, 6), Name("c", 7, 8), 3, 9)


def test_annotation_that_is_no_type() -> None:
    assert annotation("Annotated[int, f(1)]") == Subscript(
        Name("Annotated", 3, 12),
        Collection("tuple", (Name("int", 13, 16), Compound((), 18, 22)), 13, 22),
        3,
        23,
    )


def test_annotation_outside_of_ascii() -> None:
    assert bare(annotation("'Größe[Ä] | y'")) == bare(expression("Größe[Ä] | y"))
    assert annotation("Literal['ü']") == Subscript(Name("Literal", 3, 10), Constant("ü", 11, 14), 3, 15)


def test_type_comment_is_an_annotation() -> None:
    statement = only_statement("x = 1  # type: int\n")
    assert isinstance(statement, Assign)
    assert bare(statement.annotation) == ("Name", "int")


# ------------------------------------------------------------------ statements
def test_assignments() -> None:
    assert only_statement("a = b = 1") == Assign(
        (Name("a", 0, 1), Name("b", 4, 5)), Constant(1, 8, 9), None, 0, 9
    )
    assert only_statement("a: int") == Assign((Name("a", 0, 1),), None, Name("int", 3, 6), 0, 6)
    assert only_statement("type X[T] = list[T]") == Assign(
        (Name("X", 5, 6),), Subscript(Name("list", 12, 16), Name("T", 17, 18), 12, 19), None, 0, 19
    )


def test_if_with_all_branches() -> None:
    statement = only_statement("if a: pass\nelif b: break\nelse: continue\n")
    assert isinstance(statement, If)
    assert [(test, body) for test, body in statement.branches] == [
        (Name("a", 3, 4), (Jump("pass", 6, 10),)),
        (Name("b", 16, 17), (Jump("break", 19, 24),)),
    ]
    assert statement.orelse == (Jump("continue", 31, 39),)


def test_loops() -> None:
    loop = only_statement("for a in b: c\nelse: d\n")
    assert isinstance(loop, For)
    assert (loop.target, loop.iterable, len(loop.body), len(loop.orelse)) == (
        Name("a", 4, 5),
        Name("b", 9, 10),
        1,
        1,
    )
    loop = only_statement("while a: b\n")
    assert isinstance(loop, While)
    assert loop.orelse == ()


def test_with() -> None:
    facts = extract("async def f():\n  async with a as b, c: d\n")
    statement = facts.functions[0].body[0]
    assert isinstance(statement, With)
    assert statement.is_async
    assert statement.items == ((Name("a", 28, 29), Name("b", 33, 34)), (Name("c", 36, 37), None))


def test_try() -> None:
    statement = only_statement("try: a\nexcept B as é: c\nexcept: d\nelse: e\nfinally: f\n")
    assert isinstance(statement, Try)
    assert [(h.type and h.type.end, h.name, len(h.body)) for h in statement.handlers] == [
        (15, "é", 1),
        (None, None, 1),
    ]
    assert len(statement.orelse) == len(statement.finally_body) == 1


def test_except_without_parentheses() -> None:
    statement = only_statement("try: a\nexcept B, C: c\n")
    assert isinstance(statement, Try)
    assert isinstance(statement.handlers[0].type, Collection)


def test_match() -> None:
    text = (
        "match a:\n"
        "  case [b, *c] if d: pass\n"
        "  case {'k': v, **r}: pass\n"
        "  case A.B | C(x, y=z) as q: pass\n"
        "  case None: pass\n"
    )
    statement = only_statement(text)
    assert isinstance(statement, Match)
    found = [
        ([text[e.start : e.end] for e in expressions], names, guard is not None)
        for expressions, names, guard, _ in statement.cases
    ]
    assert found == [
        ([], ("b", "c"), True),
        (["'k'"], ("v", "r"), False),
        (["A.B", "C"], ("x", "z", "q"), False),
        ([], (), False),
    ]


def test_small_statements() -> None:
    assert only_statement("del a, b") == Delete((Name("a", 4, 5), Name("b", 7, 8)), 0, 8)
    assert only_statement("global a, ä") == Scope("global", ("a", "ä"), 0, 11)
    facts = extract("def f():\n  yield\n  return (yield from a)\n")
    assert facts.functions[0].is_generator
    first = facts.functions[0].body[0]
    assert isinstance(first, Evaluate)
    assert first.value == Yield(None, 11, 16)


def test_imports() -> None:
    text = "import a.b as c, d\nfrom . import (x,\n y as z)\nfrom ..p.q import *\ndef f():\n  import g\n"
    facts = extract(text)
    assert facts.imports == (
        Import(0, "a.b", None, "c", 0, 18),
        Import(0, "d", None, None, 0, 18),
        Import(1, "", "x", None, 19, 45),
        Import(1, "", "y", "z", 19, 45),
        Import(2, "p.q", "*", None, 46, 65),
        Import(0, "g", None, None, 77, 85),
    )
    assert facts.body[:5] == facts.imports[:5]


def test_imports_outside_of_ascii() -> None:
    facts = extract("import ä.b as ö\nfrom .ü import ä as xö, x\n")
    assert [item[:4] for item in facts.imports] == [
        (0, "ä.b", None, "ö"),
        (1, "ü", "ä", "xö"),
        (1, "ü", "x", None),
    ]


# ------------------------------------------------------------------ functions and classes
def test_parameters() -> None:
    facts = extract("def f(a, /, b: int = 1, *args: *Ts, c=2, **kw): pass\n")
    kinds = [(p.name, p.kind, p.default is not None) for p in facts.functions[0].parameters]
    assert kinds == [
        ("a", ParameterKind.POSITIONAL_ONLY, False),
        ("b", ParameterKind.NORMAL, True),
        ("args", ParameterKind.VARIADIC, False),
        ("c", ParameterKind.KEYWORD_ONLY, True),
        ("kw", ParameterKind.KEYWORDS, False),
    ]
    assert facts.functions[0].parameters[1].annotation == Name("int", 15, 18)
    assert isinstance(facts.functions[0].parameters[2].annotation, Starred)


def test_type_parameters() -> None:
    facts = extract("class A[T: B = C, *U]: pass\ndef f[V: (int, str)]() -> V: ...\n")
    assert facts.classes[0].type_parameters == (
        ("T", Name("B", 11, 12), Name("C", 15, 16)),
        ("U", None, None),
    )
    assert facts.functions[0].type_parameters == ("V",)
    assert facts.functions[0].returns == Name("V", 54, 55)


@pytest.mark.parametrize(
    "head", ["def ", "async def ", "def  ", "async  def\t", "def \\\n  ", "async \\\r\n def "]
)
@pytest.mark.parametrize(
    "before", ["", "@d\n", "@ d(1)\n# def async def\n@e\n", "\ufeff@d\r\n", "\f", "é = 1; é\r@é\r"]
)
def test_places_of_a_function(head: str, before: str) -> None:
    text = f"{before}{head}größe(): pass\n"
    (function,) = extract(text).functions
    assert text[function.name_start : function.name_end] == function.name == "größe"
    assert text[function.start : function.name_start] == head
    assert text[function.start : function.end].endswith("pass")
    assert text[function.decorated_start] in "@da"
    assert ("@" in before) == (text[function.decorated_start] == "@")
    assert text[: function.decorated_start].count("@") == 0


def test_places_of_a_class_and_a_lambda() -> None:
    text = "@d\nclass  \\\n  Ä(B, k=v): pass\nx = lambda ä: ä\n"
    facts = extract(text)
    (cls,) = facts.classes
    assert text[cls.start : cls.start + 5] == "class"
    assert text[cls.name_start : cls.name_end] == cls.name == "Ä"
    assert [k.keyword for k in cls.keywords] == ["k"]
    (function,) = facts.functions
    assert text[function.name_start : function.name_end] == "lambda"
    assert text[function.start : function.end] == "lambda ä: ä"
    assert function.parameters[0].name == "ä"


def test_qualified_names_and_scopes() -> None:
    text = """
def outer():
    class A:
        size = lambda self: 1
        class B:
            def method(self):
                def inner(): return lambda: 2
"""
    facts = extract(text)
    assert [f.qualname for f in facts.functions] == [
        "outer",
        "outer.<locals>.A.<lambda>",
        "outer.<locals>.A.B.method",
        "outer.<locals>.A.B.method.<locals>.inner",
        "outer.<locals>.A.B.method.<locals>.inner.<locals>.<lambda>",
    ]
    assert [(f.parent, f.owner_class) for f in facts.functions] == [
        (None, None),
        (0, None),
        (0, 1),
        (2, None),
        (3, None),
    ]
    assert [(c.qualname, c.parent, c.owner_class, c.methods) for c in facts.classes] == [
        ("outer.<locals>.A", 0, None, ()),
        ("outer.<locals>.A.B", 0, 0, (2,)),
    ]
    folded = extract(text.replace("outer", "öuter").replace("class A", "class Ä"))
    assert [f.qualname for f in folded.functions] == [
        f.qualname.replace("outer", "öuter").replace("A", "Ä") for f in facts.functions
    ]
    assert facts.body == (Define("function", 0, facts.functions[0].start, facts.functions[0].end),)


# ------------------------------------------------------------------ calls
@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("a(b(), c=d())", ["b", "d", "a"]),
        ("a().b()", ["a", "a().b"]),
        ("{a(): b(), c(): d()}", ["a", "b", "c", "d"]),
        ("x[a()] = b()", ["b", "a"]),
        ("a() if b() else c()", ["b", "a", "c"]),
        ("[a() for x in b() if c()]", ["b", "c", "a"]),
        ("{a(): b() for x in c()}", ["c", "a", "b"]),
        ("for x[a()] in b(): c()", ["b", "a", "c"]),
        ("with a() as x[b()]: c()", ["a", "b", "c"]),
        ("@a()\n@b()\ndef f(x=c()) -> d(): e()", ["a", "b", "c"]),
        ("@a()\nclass C(b(), k=c()): d()", ["b", "a", "c"]),
        ("f'{a():{b()}}{c()}'", ["a", "b", "c"]),
        ("x: a() = b()", ["b"]),
        ("type X = a()", []),
    ],
)
def test_calls_in_the_order_of_their_evaluation(text: str, order: list[str]) -> None:
    assert called(text, extract(text).calls) == order


def test_calls_belong_to_the_innermost_scope() -> None:
    text = "def f():\n  [a() for b in c()]\n  x = lambda y=d(): e()\n  class K:\n    z = g()\n"
    facts = extract(text)
    assert [called(text, function.calls) for function in facts.functions] == [["c", "a", "d"], ["e"]]
    assert called(text, facts.classes[0].calls) == ["g"]
    assert facts.calls == ()
    value = facts.functions[0].body[1]
    assert isinstance(value, Assign)
    assert isinstance(value.value, Lambda)
    assert facts.functions[value.value.function].is_lambda


# ------------------------------------------------------------------ places
@pytest.mark.parametrize(
    "text",
    [
        "if 1:\n\tfoo.bar(ä)\n",
        "\fx.y()\n\fz.w()\n",
        "a\rb.c()\r\nd.e()\n",
        "'\x0b\u2028'; a.b()\n",
        "x = \\\n  y.z(\\\r\n  'é').w\n",
        "\ufeffa.b()\nc.d(é)\n",
        "'éé'; x.y()\n",
        "'😀'; x.y(größe=größe)\n",
        "x = ('''é\n''', y.z())\n",
        "(a\n .b\n  .c(\n))\n",
    ],
)
def test_names_attributes_and_calls_stand_where_they_say(text: str) -> None:
    seen = check_places(text, extract(text))
    assert seen


def check_places(text: str, facts: ModuleFacts) -> int:
    seen = 0
    stack: list[object] = [facts.body, *[f.body for f in facts.functions], *[c.body for c in facts.classes]]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            assert text[node.start : node.end] == node.id
        elif isinstance(node, Attribute):
            assert text[node.start : node.end].endswith(node.attr)
        elif isinstance(node, Call):
            assert text[node.end - 1] == ")"
        elif not isinstance(node, tuple):
            continue
        seen += 1
        stack.extend(node)
    return seen
