"""The format of the Markdown suites."""

from __future__ import annotations

import pytest

from tests.mdtest import parse

DOCUMENT = """\
# A suite

## A lamp's state

Prose.

`hub.py`:

```python
class Hub:
    # context: worker
    @decorated
    def run(self):
        # warning: [late] "call_later"
        # error: [raises]
        call()  # todo-ok: [wrong] "a # sign"
```

More prose; the file goes on.

`hub.py`:
```python
x = 1
```

```python
y = 2  # an ordinary comment
```

```diff
-old
+new
```

## A lamp's state

```python
pass
```

## No code
"""


def test_headings_with_code_are_tests() -> None:
    assert [test.slug for test in parse.parse(DOCUMENT)] == ["a-lamp-s-state", "a-lamp-s-state-2"]


def test_blocks_are_files_and_assertions_are_taken_off() -> None:
    test = parse.parse(DOCUMENT)[0]
    assert sorted(test.files) == ["__init__.py", "hub.py"]
    assert test.files["__init__.py"].text == "y = 2  # an ordinary comment\n"
    hub = test.files["hub.py"]
    assert hub.lines[6:] == ["        call()", "x = 1"]
    assert [(one.kind, one.rule or one.word, one.text, one.row) for one in hub.assertions] == [
        ("context", "worker", None, 3),
        ("warning", "late", "call_later", 7),
        ("error", "raises", None, 7),
        ("todo-ok", "wrong", "a # sign", 7),
    ]


def test_a_block_is_replaced() -> None:
    document = parse.replace_block(DOCUMENT, "a-lamp-s-state", "diff", ["+other"])
    assert document == DOCUMENT.replace("-old\n+new", "+other")


@pytest.mark.parametrize(
    "document",
    ["# A\n```python\npass\n", "# A\n```python\n# error: [x]\n```\n", "# A\n```diff\n```\n```diff\n```\n"],
    ids=["block without end", "assertion about nothing", "two diffs"],
)
def test_mistakes_are_told(document: str) -> None:
    with pytest.raises(ValueError, match=r"line|assertions"):
        parse.parse(document)
