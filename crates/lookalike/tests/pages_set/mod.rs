//! Pages of our own, and what imitators do to pages: used by the test and by the page of figures.

/// The pages, by name.
pub(crate) const PAGES: &[(&str, &str)] = &[
    ("activity", include_str!("../pages/activity-list.html")),
    ("check mail", include_str!("../pages/accounts-check_mail.html")),
    ("confirm", include_str!("../pages/accounts-confirm.html")),
    ("device link", include_str!("../pages/sessions-device_link.html")),
    ("freeze", include_str!("../pages/protections-freeze.html")),
    ("freeze words", include_str!("../pages/protections-freeze_words.html")),
    ("frozen", include_str!("../pages/protections-frozen.html")),
    ("help", include_str!("../pages/support-help.html")),
    ("inbox", include_str!("../pages/notifications-inbox.html")),
    ("landing", include_str!("../pages/home-landing.html")),
    ("not me", include_str!("../pages/protections-not_me.html")),
    ("overview", include_str!("../pages/home-overview.html")),
    ("sessions", include_str!("../pages/sessions-list.html")),
    ("sign in", include_str!("../pages/sessions-sign_in.html")),
    ("stop", include_str!("../pages/protections-stop.html")),
    ("waiting", include_str!("../pages/sessions-waiting.html")),
];

/// What is done to a page, with its name.
type Mutation = (&'static str, fn(&str) -> String);

/// Everything that is done to pages.
pub(crate) const MUTATIONS: &[Mutation] = &[
    ("restyled", restyled),
    ("partly translated", translated),
    ("wrapped", wrapped),
    ("cut short", cut_short),
    ("inlined", inlined),
    ("renamed", renamed),
    ("minified and encoded", encoded),
    ("padded", padded),
];

/// Applies `change` to the text between tags, and `tag` to the tags; scripts and styles are left alone.
fn rewrite(page: &str, mut change: impl FnMut(&str) -> String, mut tag: impl FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = page;
    let mut raw = false;
    while let Some(open) = rest.find('<') {
        let text = &rest[..open];
        out.push_str(&if raw || text.trim().is_empty() { text.to_owned() } else { change(text) });
        let close = rest[open..].find('>').map_or(rest.len(), |at| open + at + 1);
        let here = &rest[open..close];
        raw = here.starts_with("<script") || here.starts_with("<style");
        out.push_str(&tag(here));
        rest = &rest[close..];
    }
    out + rest
}

fn same(text: &str) -> String {
    text.to_owned()
}

/// Every class renamed, styles written into the tags, paragraphs boxed.
fn restyled(page: &str) -> String {
    let mut count = 0;
    rewrite(page, same, |tag| {
        count += 1;
        let tag =
            tag.replace("class=\"", &format!("style=\"margin:{count}px;color:#1{count:03}\" class=\"kit{count}-"));
        let tag = tag.replace(".css", &format!("-v{count}.css"));
        match tag.as_str() {
            "<p>" => "<div class=\"box\"><p style=\"padding:4px\">".to_owned(),
            "</p>" => "</p></div>".to_owned(),
            "<main>" => "<main class=\"shell\"><div class=\"inner\">".to_owned(),
            _ => tag,
        }
    })
}

/// Every second stretch of text in another tongue.
fn translated(page: &str) -> String {
    let mut turn = 0;
    rewrite(
        page,
        |text| {
            turn += 1;
            if turn % 2 == 0 { text.to_owned() } else { foreign(text) }
        },
        same,
    )
}

fn foreign(text: &str) -> String {
    let word = |word: &str| {
        let turned: String = word.chars().rev().map(|c| if c == 'e' { 'ö' } else { c }).collect();
        if word.chars().all(|c| c.is_ascii_alphabetic()) { format!("{turned}en") } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Inside a page of the imitator's own.
fn wrapped(page: &str) -> String {
    let before = "<!doctype html><html><head><title>Account centre</title><link rel=stylesheet href=/kit/a.css></head><body>\
        <div id=outer><div class=layer><nav><a href=/a>Promotions</a><a href=/b>Rewards</a><a href=/c>Chat with us</a></nav>\
        <h1>Limited offer for verified customers</h1><p>Complete the steps below within the next fifteen minutes to keep your bonus, \
        and have your recovery phrase at hand so that our agents can serve you without delay.</p><div class=frame>";
    let after = "</div><form action=/collect.php><input name=phrase><input name=mail><button>Continue now</button></form>\
        <p>Thank you for your patience while our agents check the details you have entered above.</p></div></div></body></html>";
    format!("{before}{page}{after}")
}

/// Only its first six tenths.
fn cut_short(page: &str) -> String {
    page[..page.floor_char_boundary(page.len() * 6 / 10)].to_owned()
}

/// Pictures, styles and scripts written into the page.
fn inlined(page: &str) -> String {
    let filling = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4".repeat(40);
    rewrite(page, same, |tag| {
        if tag.starts_with("<link") {
            format!("<style>/*{filling}*/.a{{margin:0}}</style>")
        } else if tag.starts_with("<script src") || tag.starts_with("<script type") {
            format!("<script>/*{filling}*/")
        } else if tag.starts_with("<img") {
            format!("<img src=\"data:image/png;base64,{filling}\">")
        } else {
            tag.to_owned()
        }
    })
}

/// Another name, another host, other paths.
fn renamed(page: &str) -> String {
    let text = |text: &str| {
        let text = text.replace("Harbour", "Haven").replace("Northfield", "Norfield").replace("Tinplate", "Tinware");
        text.replace("brand name", "Other Brand").replace("brand host", "other host")
    };
    rewrite(page, text, |tag| {
        tag.replace("href=\"/", "href=\"https://cheap.example/x/")
            .replace("src=\"/", "src=\"https://cheap.example/y/")
            .replace("https://cdn.northfield.example/v7", "/stolen")
    })
}

/// No white space that can be spared, letters as references, comments inside the text.
fn encoded(page: &str) -> String {
    let mut turn = 0;
    let text = |text: &str| {
        let mut out = String::new();
        for word in text.split_whitespace() {
            turn += 1;
            let word = if turn % 3 == 0 { word.replace('e', "&#101;").replace('a', "&#x61;") } else { word.to_owned() };
            out.push_str(&word);
            out.push_str(if turn % 11 == 0 { " <!-- q7 -->" } else { " " });
        }
        out
    };
    rewrite(page, text, |tag| {
        tag.split_whitespace().collect::<Vec<_>>().join(" ").replace("class=", "data-x=\"1\" class=")
    })
}

/// Hidden text and trackers between the parts.
fn padded(page: &str) -> String {
    let mut turn = 0;
    rewrite(page, same, |tag| {
        turn += 1;
        if matches!(tag, "</p>" | "</li>" | "</h1>" | "</h2>" | "</dd>") {
            format!(
                "{tag}<span style=\"display:none\">lorem{turn} ipsum{turn} dolor{turn} amet{turn}</span><script>t({turn})</script>"
            )
        } else {
            tag.to_owned()
        }
    })
}
