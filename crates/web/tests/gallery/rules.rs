//! What every page promises, checked on its HTML.

/// One opening tag: its name and everything up to `>`.
struct Tag<'a> {
    name: &'a str,
    inside: &'a str,
}

impl Tag<'_> {
    fn value(&self, attribute: &str) -> Option<&str> {
        let start = self.inside.find(&format!(" {attribute}=\""))? + attribute.len() + 3;
        self.inside[start..].split('"').next()
    }

    fn has(&self, attribute: &str) -> bool {
        self.inside.split_whitespace().any(|word| word == attribute || word.starts_with(&format!("{attribute}=")))
    }

    fn has_handler(&self) -> bool {
        self.inside.split_whitespace().any(|word| word.starts_with("on") && word.contains("=\""))
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    html.split('<')
        .skip(1)
        .filter(|piece| piece.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|piece| {
            let inside = piece.split('>').next()?;
            let name = inside.split_whitespace().next()?;
            Some(Tag { name, inside })
        })
        .collect()
}

/// Everything a page does wrong, in words.
pub(crate) fn complaints(html: &str) -> Vec<String> {
    let tags = tags(html);
    let mut found = Vec::new();
    let mut want = |holds: bool, complaint: String| {
        if !holds {
            found.push(complaint);
        }
    };

    want(tags.iter().filter(|tag| tag.name == "h1").count() == 1, "a page has exactly one h1".to_owned());
    want(
        html.contains("href=\"/stop\"") || html.contains("href=\"/settings/freeze\""),
        "the way to freeze is on every page".to_owned(),
    );
    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.value("id")).collect();
    let labelled: Vec<&str> =
        tags.iter().filter(|tag| tag.name == "label").filter_map(|tag| tag.value("for")).collect();
    for (at, id) in ids.iter().enumerate() {
        want(!ids[..at].contains(id), format!("id {id} stands twice"));
    }
    for tag in &tags {
        let shown = tag.inside;
        want(!tag.has("style") && tag.name != "style", format!("inline style is refused by the browser: {shown}"));
        want(tag.name != "script" || tag.has("src"), "inline script is refused by the browser".to_owned());
        want(!tag.has_handler(), format!("handlers in attributes are refused by the browser: {shown}"));
        if tag.name == "form" {
            let posts = tag.value("method") == Some("post");
            // Asking for a part of the log, or for what was sent, changes nothing, and its address can be kept.
            let asks = matches!(tag.value("action"), Some("/settings/security" | "/notices/copy"));
            let here = tag.value("action").is_some_and(|to| to.starts_with('/'));
            want((posts || asks) && here, format!("a form posts to us: {shown}"));
        }
        if tag.name == "input" && !tag.has("hidden") && tag.value("type") != Some("hidden") {
            let radio = tag.value("type") == Some("radio");
            let named = tag.value("id").is_some_and(|id| labelled.contains(&id));
            want(radio || named, format!("an input has a label: {shown}"));
            want(!(radio && tag.has("checked")), format!("an answer is never chosen beforehand: {shown}"));
            let secret = tag.value("type") == Some("password");
            want(!secret || tag.value("value") == Some(""), format!("a password is never shown again: {shown}"));
        }
    }
    found
}

#[test]
fn the_rules_notice_what_they_are_for() {
    let bad = "<h1>a</h1><h1>b</h1><p id=\"x\" style=\"color: red\"><p id=\"x\"><script>1</script>\
        <form method=\"get\" action=\"/a\"><input type=\"text\" name=\"a\">\
        <input type=\"radio\" checked><input type=\"password\" value=\"secret\"><a onclick=\"1\">";
    assert_eq!(complaints(bad).len(), 11, "{:#?}", complaints(bad));
}
