//! The stylesheet, the script, the icon and the map, compiled in, and the operator's colour.
//!
//! Addresses carry a version made from the content, so browsers keep a file for a year and still see
//! a new one at once.

use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::site::Web;

/// Name, media type and content of every asset.
const ASSETS: [(&str, &str, &str); 5] = [
    ("site.css", "text/css; charset=utf-8", include_str!("../../../../assets/site.css")),
    ("site.js", "text/javascript; charset=utf-8", include_str!("../../../../assets/site.js")),
    ("passkeys.js", "text/javascript; charset=utf-8", include_str!("../../../../assets/passkeys.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../../../assets/icon.svg")),
    ("world.svg", "image/svg+xml", include_str!("../../../../assets/world.svg")),
];

const KEEP: &str = "public, max-age=31536000, immutable";

/// A short name for some content; differs when the content does.
pub fn version_of(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    format!("{:016x}", hasher.finish())
}

/// The addresses in the order of `ASSETS`; made once, for they stand on every page.
static ADDRESSES: LazyLock<[String; 5]> =
    LazyLock::new(|| ASSETS.map(|(name, _, content)| format!("/assets/{name}?v={}", version_of(content.as_bytes()))));

/// The address of an asset with its version.
pub fn address_of(name: &str) -> &'static str {
    ASSETS.iter().position(|(known, _, _)| *known == name).map_or("", |at| ADDRESSES[at].as_str())
}

/// Answers `GET /assets/{name}`.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, _, _)| *known == name) {
        Some((_, media, content)) => {
            ([(header::CONTENT_TYPE, *media), (header::CACHE_CONTROL, KEEP)], *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers `GET /assets/brand.css`.
pub(crate) async fn brand(web: Web) -> Response {
    let css = brand_css(&web.brand().accent);
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, KEEP)], css).into_response()
}

/// The stylesheet that holds nothing but the operator's colour. A setting that is no colour is left
/// out, so that it cannot bring rules of its own.
pub fn brand_css(accent: &str) -> String {
    let digits = accent.strip_prefix('#').unwrap_or("");
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        format!(":root {{ --brand: #{digits}; }}\n")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{address_of, brand_css};

    #[test]
    fn a_colour_is_served_and_anything_else_is_not() {
        assert_eq!(brand_css("#12507b"), ":root { --brand: #12507b; }\n");
        assert_eq!(brand_css("#12507b; } body { display: none"), "");
        assert_eq!(brand_css("red"), "");
        assert_eq!(brand_css("#ééé"), "");
    }

    #[test]
    fn every_asset_has_an_address_of_its_own_version() {
        assert_ne!(address_of("site.css").split_once('=').unwrap().1, address_of("site.js").split_once('=').unwrap().1);
    }
}
