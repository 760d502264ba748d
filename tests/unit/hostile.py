"""Strings that try to become elements, attributes, scripts, templates or invisible text."""

_MARKUP = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<SCRIPT SRC=//x></SCRIPT>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)//", "<!--", "-->", "<![CDATA[",
    "]]>", "</title><b>", "</style><b>", "</pre><b>",
    "</code></pre><form>", "</table><td>", "</caption>", "<base href=//x>",
    "<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//x>", "<iframe srcdoc='<b>'>",
    "<details open ontoggle=alert(1)>", "<a href=javascript:alert(1)>x</a>", "<style>*{display:none}</style>",
    "<textarea>", "<noscript><p>", "<template>", "<plaintext>", "<math><mi xlink:href=x>",
]  # fmt: skip
_QUOTES = [
    '" onmouseover="alert(1)', "' onmouseover='alert(1)", "`onmouseover=alert(1)`", '"><b>', "'><b>", "\\", '\\"',
    "\\u003cb>", "&lt;b&gt;", "&#60;b&#62;", "&", "&amp;lt;", "%3Cb%3E", "javascript:alert(1)", "data:text/html,<b>",
    "//evil.example/x",
]  # fmt: skip
_TEMPLATES = [
    "{{ 7 * 7 }}", "{% raw %}", "{# x #}", "{{ self.__init__ }}", "${7*7}", "#{7*7}", "<%= 7 %>", "%s %(x)s {0} {x}",
    "datum.value", "__proto__", "constructor", "arm:Q", "constant['a'].b", "$(rm -rf /); `id` | sh",
]  # fmt: skip
_HIDDEN = [
    "a\u202eb", "a\u2066b\u2069", "a\u200bb", "a\u0000b", "a\u001b[31mb", "a\u2028b\u2029", "a\ud800b", "\ufeffa",
    "line\nline\rline\tline", "   ", "x" * 9000,
]  # fmt: skip
HOSTILE = [*_MARKUP, *_QUOTES, *_TEMPLATES, *_HIDDEN]
