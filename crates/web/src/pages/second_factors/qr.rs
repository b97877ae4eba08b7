//! QR codes as SVG, written into the page: no picture is fetched and no style is needed.

use std::fmt::Write;

use fast_qr::ECL;
use fast_qr::qr::QRBuilder;

/// White modules around the code, as the standard asks.
const QUIET: usize = 4;

/// The code of a text, black on white whatever the page looks like; none if the text is too long for any.
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let side = code.size + 2 * QUIET;
    let mut dark = String::new();
    for row in 0..code.size {
        for (column, _) in code[row].iter().enumerate().filter(|(_, module)| module.value()) {
            write!(dark, "M{} {}h1v1h-1z", column + QUIET, row + QUIET).ok()?;
        }
    }
    Some(format!(
        "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         aria-label=\"QR code for your authenticator app\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{dark}\"/></svg>"
    ))
}
