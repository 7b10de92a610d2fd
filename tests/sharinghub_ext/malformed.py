"""Decides what counts as a malformed request: a table of what clients must not send, as it goes over the wire."""

from collections.abc import Iterator

from tests.support.running import HOOK_SECRET

SEARCH, README = b"/stac/search", b"/assets/1/main/README.md"
_OPEN = b"Host: hub.test\r\nConnection: close\r\nOrigin: https://browser.example.org\r\n"
_CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked"


def request(method: bytes, target: bytes, *headers: bytes, body: bytes | None = None) -> bytes:
    """The bytes of a request; `body` gets its length told."""
    told = [*headers, *([b"Content-Length: %d" % len(body)] if body is not None else [])]
    lines = b"".join(one + b"\r\n" for one in told)
    return method + b" " + target + b" HTTP/1.1\r\n" + _OPEN + lines + b"\r\n" + (body or b"")


def _post(body: bytes, kind: bytes = b"application/json", *headers: bytes) -> bytes:
    return request(b"POST", SEARCH, b"Content-Type: " + kind, *headers, body=body)


def _hook(body: bytes, *headers: bytes) -> bytes:
    secret = b"X-Gitlab-Token: " + HOOK_SECRET.encode()
    return request(b"POST", b"/hooks/gitlab", *(headers or (secret,)), b"X-Gitlab-Event: System Hook", body=body)


_point, _chain = b'{"type":"Point","coordinates":%b}', b'[{"type":"GeometryCollection","geometries":'
QUERIES = [
    *(b"limit=" + one for one in (b"abc", b"0", b"-1", b"1.5", b"1e3", b"NaN", b"9" * 26, b"%00", b"%ff", b"0x10")),
    *(b"limit=1&limit=2", b"limit=%D9%A3", b"limit[]=1", b"bbox=0,0,1,1&bbox=0,0,2,2", b"bbox=" + b"0," * 5000 + b"0"),
    *(b"bbox=" + one for one in (b"1,2,3", b"a,b,c,d", b"NaN,0,1,1", b"Infinity,0,1,1", b"1e999,0,1,1", b"0,0,1,1;0")),
    *(b"bbox=" + one for one in (b"0,0,0,0,0", b"0,1,1,0", b"0,0,1,1,", b"[0,0,1,1]")),
    *(b"datetime=" + one for one in (b"yesterday", b"2020-13-01T00:00:00Z", b"/", b"99999-01-01T00:00:00Z", b"%00")),
    *(b"datetime=" + one for one in (b"2021-01-01T00:00:00Z/2020-01-01T00:00:00Z", b"2020-01-01T00:00:00+99:99")),
    *(b"datetime=" + one for one in (b"2020-01-01T25:00:00Z", b"2020-01-01T00:00:00Z/2020-01-01T00:00:00Z/..")),
    *(b"intersects=" + one for one in (b"{", b"[]", b"1", b"{}", b"[" * 5000, _point % b"[]", _point % b"[NaN,0]")),
    *(b"intersects=" + one for one in (_point % b'"x"', _point % b"[1e999,0]", b'{"type":"Nothing"}')),
    b'intersects={"type":"Polygon","coordinates":[[[0,0],[1,1]]]}',
    *(b"filter=" + one for one in (b"(((", b"(" * 5000 + b"1=1" + b")" * 5000, b"a%00b=1", b"%ff", b"1", b"nosuch(1)")),
    *(b"filter=title=1&filter-lang=" + one for one in (b"cql2-json", b"xyz", b"%00")),
    *(b"filter-lang=cql2-json&filter=" + one for one in (b'{"op":[]}', b'{"op":"and","args":{}}', b"[" * 5000)),
    *(b"filter=title%20LIKE%20'" + b"%25" * 3000 + b"'", b"filter-crs=x&filter=1=1", b"q=" + b"a%20" * 2000),
    *(b"sortby=" + one for one in (b"nothing", b"-", b",", b"%00", b"title;drop%20table", b"id," * 9 + b"id")),
    *(b"token=" + one for one in (b"x", b"%00", b"%ff", b"A" * 5000, b"AAAA.BBBB")),
    *(b"ids=" + b"1," * 20000, b"unknown=1", b"%ff=%ff", b"=", b"%", b"%zz=1", b"%00"),
    *(name + b"=glpat-x" for name in (b"private_token", b"access_token", b"job_token")),
]
_json = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff",
    b"{}{}",
    b"NaN",
    b'{"ids": ["x", ]}',
    b"{'ids': []}",
    b"[" * 100_000,
]
_members: dict[bytes, list[bytes]] = {
    b"limit": [b"NaN", b"Infinity", b"1e999", b'"5"', b"true", b"1.5", b"[1]", b"9" * 5000, b"-1", b"{}"],
    b"bbox": [b'"x"', b"[1]", b'[1,2,"a",4]', b"[NaN,0,1,1]", b"[1e999,0,1,1]", b"[[0],0,1,1]", b"{}", b"[true,0,1,1]"],
    b"datetime": [b"5", b"[]", b'"\\ud800"', b"{}"],
    b"ids": [b'"x"', b"[1]", b"[null]", b'[["a"]]', b'{"a":1}', b'["\\ud800"]', b"[" + b'"x",' * 20000 + b'"x"]'],
    b"collections": [b"1", b"[{}]", b'["\\ud800"]'],
    b"intersects": [
        *(b"[]", b"{}", _point % b"[NaN,1]", _point % b'["a","b"]', b'{"type":["Point"],"coordinates":[0,0]}'),
        *(b'{"type":"Polygon","coordinates":[]}', _chain[1:] + _chain * 2000 + b"[]" + b"}]" * 2000 + b"}"),
    ],
    b"filter": [
        *(b"[]", b'{"op":null}', b'{"op":"and","args":[]}', b'{"op":"=","args":[{"property":5},1]}'),
        *(b'{"op":"not","args":[' * 3000 + b"1" + b"]}" * 3000, b'{"op":"=","args":[{"property":"title"},NaN]}'),
        *(b'{"op":"=","args":[{"property":"title"},"\\ud800"]}', b'{"op":"in","args":[{"property":"title"},5]}'),
        b'{"op":"s_intersects","args":[{"property":"geometry"},' + _point % b"[1e999,0]" + b"]}",
    ],
    b"filter-lang": [b"5", b'"sql"'],
    b"sortby": [b'"title"', b"[1]", b'[{"field":["a"]}]', b'[{"field":"title","direction":1}]'],
    b"q": [b"5", b"{}", b'["\\ud800"]', b"[5]"],
    b"token": [b"5", b"[]", b'"\\ud800"'],
    b"unknown": [b"1"],
    b"__proto__": [b"{}"],
}
BODIES = [*_json, *(b'{"%b": %b}' % (name, value) for name, values in _members.items() for value in values)]
_item, _none = b"/stac/collections/ai-model/items/", b"9" * 20
PATHS = [
    *(b"/stac/collections/" + one for one in (b"%00", b"%ff", b"..%2f..", b"ai-model/", b"a" * 3000)),
    *(_item + one for one in (b"%00", b"%ff", _none, b"-1", b"1@", b"1@%00", b"a/%00/b", b"a/" * 3000, b"1/")),
    *(b"/stac//search", b"//stac/search", b"/stac/../etc/passwd", b"/stac/%2e%2e/x", b"/stac/search;x=1", b"*"),
    *(b"/%", b"/%zz", b"/\xff\xfe", b"\\stac", b"/" + b"a" * 20000, b"http://elsewhere.example:99999/"),
    *(b"/assets/" + one for one in (b"x/main/a", _none + b"/main/a", b"-1/main/a", b"1/%00/a", b"1/main/%00", b"1//a")),
    *(b"/assets/1/" + one for one in (b"main/..%2f..%2fetc", b"main/../x", b"main/%ff", b"main/", b"archive/%00.zip")),
    *(b"/assets/1/packages/" + one for one in (b"", b"%00", b"generic/../x", b"generic/a/..%2f/b")),
    *(b"/dvc/1/" + one for one in (b"files/md5/zz/x", b"%00", b"files/md5/00/%ff", b"../../x", b"files/md5/00/")),
    *(b"/dvc/x/files/md5/00/" + b"0" * 30, b"/dvc/" + _none + b"/files/md5/00/" + b"0" * 30, b"/auth/nothing"),
    *(b"/api.static/" + one for one in (b"%00", b"..%2f..%2fx", b"%ff", b"a" * 5000)),
]
HEADERS = [
    *(
        b"Authorization: " + one
        for one in (b"", b"Bearer", b"Bearer \xff\xfe", b"Basic !!!", b"Bearer a b", b"Digest x")
    ),
    *(b"Authorization: Bearer a\r\nAuthorization: Basic b", b"PRIVATE-TOKEN: a\r\nAuthorization: Bearer b"),
    *(b"PRIVATE-TOKEN: " + one for one in (b"", b"\x00x", b"\xff", b"a" * 9000, b"a b")),
    *(b"X-Gitlab-Token: \t", b"JOB-TOKEN: \xff", b"Deploy-Token: x", b"NoColon", b": empty", b"Bad Name: x"),
    *(b"Content-Length: -1", b"Content-Length: abc", b"Transfer-Encoding: gzip"),
]
FRAMES = [
    *(request(one, SEARCH) for one in (b"DELETE", b"PUT", b"PATCH", b"TRACE", b"PROPFIND", b"LINK", b"FOO", b"\xff")),
    *(request(b"PUT", one, body=b"x") for one in (README, b"/auth/me", b"/hooks/gitlab", b"/api", b"/healthz", b"/")),
    *(request(one, b"/dvc/1/files", body=b"") for one in (b"MKCOL", b"PROPFIND", b"DELETE")),
    *(_post(b'{"limit":1}', kind) for kind in (b"", b"text/plain", b"application/xml", b"\xff", b"*/*")),
    *(_post(b"limit=1", kind) for kind in (b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded")),
    *(_post(b"\x1f\x8b0000", b"application/json", b"Content-Encoding: gzip"), _post(b"x" * 2_000_000)),
    *(b"GET / HTTP/9.9\r\nHost: h\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\xfc" + b"x" * 100 + b"\r\n\r\n"),
    *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /stac\n\n"),
    request(b"POST", SEARCH, _CHUNKED) + b"zz\r\n{}\r\n0\r\n\r\n",
    request(b"POST", SEARCH, _CHUNKED) + b"f" * 18 + b"\r\n{}",
    request(b"POST", SEARCH, _CHUNKED) + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 20,  # and it would go on
    request(b"POST", SEARCH, _CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"),
    request(b"POST", SEARCH, b"Content-Length: 2", body=b"{}}"),
]
_destroy, _push = b'{"event_name":"project_destroy","project_id":%b}', b'{"object_kind":"push","project":{"id":%b}}'
HOOKS = [
    *(_hook(one) for one in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, _push % b"1" + b"x")),
    *(_hook(_destroy % one) for one in (b"1e999", b"NaN")),
    *(_hook(_push % one) for one in (b"NaN", b"1e999")),
    _hook(b'{"event_name":"group_rename","full_path":"\\ud800","old_full_path":"\\u0000"}'),
    *(_hook(_destroy % b"1", one) for one in (b"X-Gitlab-Token: \xff", b"X-Gitlab-Token:", b"webhook-signature: \xff")),
    _hook(_destroy % b"1", b"webhook-signature: v1,!!!\r\nwebhook-id: x\r\nwebhook-timestamp: abc"),
]
_odd_headers = [
    *(b"Accept: \xff", b"Accept: */*;q=NaN", b"Accept-Language: \xff;q=x", b"Accept-Encoding: br;q=abc"),
    *(b'If-None-Match: "', b"Cookie: \xff=\xff; =; ;", b"Range: bytes=abc", b"Expect: x", b"TE: \xff", b"Upgrade: h2c"),
    *(b"Upgrade: websocket\r\nConnection: upgrade", b"Origin: null"),
    *(b"X-Forwarded-For: \xff, 999.1.1.1", b'Forwarded: for="[::'),
]
# Odd, and answered all the same: what is said is understood, or is for others to understand.
ODD = [
    *(request(b"GET", SEARCH + b"?" + one) for one in (b"limit=", b"&&&", b"ids=%00", b"q=%ff", b"ids=" + _none)),
    *(request(b"GET", SEARCH, one) for one in _odd_headers),
    *(request(b"GET", README, b"Range: bytes=" + one) for one in (_none + b"-", b"5-1,abc", b"-")),
    request(b"GET", SEARCH, b"Upgrade: websocket\r\nConnection: upgrade, close"),  # which the hub does not speak
    *(request(b"OPTIONS", SEARCH), request(b"HEAD", SEARCH), request(b"GET", README, b"If-Range: \xff")),
    request(b"OPTIONS", SEARCH, b"Access-Control-Request-Method: \xff", b"Access-Control-Request-Headers: \xff,,"),
    *(b"GET /stac HTTP/1.0\r\n\r\n", b"GET  /stac HTTP/1.1\r\nConnection: close\r\n\r\n"),
    *(_post(one) for one in (b'\xef\xbb\xbf{"limit":1}', b'{"limit":1,"limit":2}', b'{"ids":["\\u0000"]}')),
    *(_post(b'{"limit":1}', b"application/json; charset=" + one) for one in (b"utf-16", b"nonsense")),
    *(_hook(_destroy % one) for one in (b'"x"', b"{}", b"-1", b"9" * 25)),
    *(_hook(one) for one in (b'{"event_name":5}', b'{"object_kind":[],"project":5}')),
]


def refused() -> Iterator[tuple[str, bytes]]:
    """Every request that is to be refused, with a short name."""
    sent = {
        "query": [request(b"GET", SEARCH + b"?" + one.replace(b'"', b"%22")) for one in QUERIES],
        "body": [_post(one) for one in BODIES],
        "path": [request(b"GET", one) for one in PATHS],
        "header": [request(b"GET", SEARCH, one) for one in HEADERS],
        "frame": FRAMES,
        "hook": HOOKS,
    }
    shown = {"query": QUERIES, "body": BODIES, "path": PATHS, "header": HEADERS}
    for kind, requests in sent.items():
        for number, one in enumerate(requests):
            text = shown[kind][number] if kind in shown else one
            yield f"{kind} {number}: {text[:40]!r}", one
