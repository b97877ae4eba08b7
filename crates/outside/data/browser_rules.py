#!/usr/bin/env python3
"""Makes browser_rules.json from the `regexes.py` of PyPI's ua-parser-builtins (the rules of uap-core, Apache-2.0).

    pip download --no-deps ua-parser-builtins && unzip ua_parser_builtins-*.whl
    python3 browser_rules.py ua_parser_builtins/regexes.py REVISION > browser_rules.json

Left out: what names no browser or program that a customer or a thief signs in with, rules that would repeat words of the
visitor's own, versions of systems (browsers freeze them, so they are not true), and devices.
"""

import ast
import json
import re
import sys

# Words of the rules that are kept: browsers people use, apps that show pages, and programs that thieves script with. Each
# rule costs about 25 KB of memory for as long as the server runs.
BROWSERS = re.compile(
    r"MessengerForiOS|\[FB\.|Instagram\) |Snapchat|Twitter for|BytedanceWebview|KAKAOTALK|Telegram-Android|\(Line\)|MicroMessenger"
    r"|weibo|PaleMoon|Waterfox|Fennec|Firefox|FxiOS|UC\? \?Browser|Opera|OPR|OPX|OPT\)|OPiOS|HuaweiBrowser|AVG|Avast|Aloha"
    r"|rave|Silk|Puffin|Edge|EdgiOS|OculusBrowser|SamsungBrowser|SznProhlizec|coc_coc|MiuiBrowser|GSA|QQBrowser|DuckDuckGo|Ddg"
    r"|Ecosia|VivoBrowser|HonorBrowser|HeyTapBrowser|Chrome\)|wv\\\)|CrMo|CriOS|YaBrowser|Whale|Vivaldi|Chromium\|Chrome|Quark"
    r"|MullvadBrowser|iPod\|iPhone|iPod touch|\(Version\)|\(Safari\)|Trident|MSIE\) |IE\) |PhantomJS|Camoufox|SeaMonkey"
    r"|\|Midori\||okhttp|Apache-HttpClient|curl|python-requests|aiohttp|\(Java\)|GuzzleHttp|^\(CFNetwork\)|http\\.rb|ureq"
)
SYSTEMS = re.compile(
    r"Windows Phone\)|Android\)\[|\(Android\) \(|Quest|Windows|Win\(|Win32|Mac\[|Intel|\(CPU|iPhone\|iPad|iOS|darwin; arm64"
    r"|CFNetwork/\.\{0,100\} Darwin/$|CrOS|K\[Aa\]|Tizen|Mint|ebian|BSD|hpw|\(Linux\)\(|^linux$|linux-gnu|HarmonyOS|os\\/macos"
)
# Of those, what is no browser of today, or named by a more general rule as well.
OLD = re.compile(
    r"MSIECrawler|XBLWP7|Namoroka|Tablet browser|Swiftfox|Basilisk|Opera Tablet|ArcGIS|Outlook|^UCWEB|CE\)|CrKey|Windows ?Mobile"
    r"|MRCHROME|QIHU|Iron|chromeframe|AppleNews|Gecko/\d|NT 5\\.0|Valve|Firefox\)-|a\\d|b\\d\+|OperationsDashboard|\^Box"
)


def rules(source, name):
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return [[ast.literal_eval(argument) for argument in call.args] for call in node.value.elts]
    raise SystemExit(f"no {name}")


def first_group(regex):
    """The text of the first capturing group, or None."""
    at = 0
    while at < len(regex):
        if regex[at] == "\\":
            at += 2
            continue
        if regex[at] == "[":
            at = regex.index("]", at + 2) + 1
            continue
        if regex[at] == "(" and not regex.startswith("(?", at):
            depth, end = 1, at + 1
            while depth:
                if regex[end] == "\\":
                    end += 1
                elif regex[end] in "()":
                    depth += 1 if regex[end] == "(" else -1
                end += 1
            return regex[at + 1 : end - 1]
        at += 1
    return None


def repeats_the_visitor(regex, replacement):
    """Whether the name could be any text: a user agent is written by whoever sends it, and ends up in our letters."""
    if replacement is not None and "$" not in replacement:
        return False
    group = first_group(regex) or ""
    group = re.sub(r"\\.", lambda found: "" if found[0][1] not in "DwWS" else "+", group)
    return bool(re.search(r"[+*{]|\[\^", group))


def kept(rows, wanted, names):
    for regex, *values in rows:
        if wanted.search(regex) and not OLD.search(regex) and not repeats_the_visitor(regex, values[0] if values else None):
            yield {"regex": regex} | {name: value for name, value in zip(names, values) if value is not None}


def main():
    source = open(sys.argv[1], encoding="utf-8").read()
    revision = open(sys.argv[2], encoding="utf-8").read().strip()
    browsers = kept(rules(source, "USER_AGENT_PARSERS"), BROWSERS, ["family_replacement", "v1_replacement"])
    systems = kept(rules(source, "OS_PARSERS"), SYSTEMS, ["os_replacement"])
    note = f"From uap-core {revision}, Apache-2.0, https://github.com/ua-parser/uap-core; made by browser_rules.py"
    body = {"note": note, "user_agent_parsers": list(browsers), "os_parsers": list(systems)}
    json.dump(body, sys.stdout, ensure_ascii=False, indent=0)
    print()


main()
