//! `world.svg`: the land as one path, small enough to be kept by every browser.
//!
//! Equirectangular, true at 37°: a degree of longitude is 3.2 units wide and a degree of latitude 4 high, from 180° W and
//! 84° N. `crates/web/src/pages/activity/map.rs` puts its dots on by the same rule.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::topology::{Topology, area_and_middle};

const NORTH: f64 = 84.0;
/// Antarctica is left out: nobody signs in from there, and it would take a sixth of the picture.
const SOUTH: f64 = -56.0;
const WIDTH: i64 = 1152;
const HEIGHT: i64 = 560;
/// Points nearer to the last one than this are left out; a unit is less than a pixel on a wide screen.
const STEP: i64 = 3;
/// Twice the smallest area that is drawn, in square degrees.
const SMALLEST: f64 = 1.0;

/// The picture.
pub(super) fn picture(packages: &Path) -> Result<String> {
    let file = super::json(packages, "world-atlas/land-110m.json")?;
    let topology = Topology::of(&file)?;
    let mut path = String::new();
    for outline in topology.outlines(&file["objects"]["land"])? {
        let (area, middle) = area_and_middle(&outline);
        if middle.1 > SOUTH && area > SMALLEST {
            // What goes on beyond one edge of the map is seen at the other.
            for turn in [-360.0, 0.0, 360.0] {
                let turned: Vec<_> = outline.iter().map(|point| on_the_map((point.0 + turn, point.1))).collect();
                if turned.iter().any(|point| (0..WIDTH).contains(&point.0)) {
                    trace(&mut path, &turned)?;
                }
            }
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\"><!-- Natural Earth 1:110m, public \
         domain; made by `cargo xtask data` --><path id=\"land\" d=\"{path}\"/></svg>\n"
    ))
}

#[expect(clippy::cast_possible_truncation, reason = "degrees of the globe are small numbers")]
fn on_the_map((longitude, latitude): (f64, f64)) -> (i64, i64) {
    (((longitude + 180.0) * 3.2).round() as i64, ((NORTH - latitude) * 4.0).round() as i64)
}

/// Writes a ring as steps from point to point.
fn trace(path: &mut String, ring: &[(i64, i64)]) -> Result<()> {
    let Some((mut x, mut y)) = ring.first().copied() else { return Ok(()) };
    write!(path, "M{x} {y}l")?;
    let mut first = true;
    for (to_x, to_y) in ring.iter().copied() {
        let (dx, dy) = (to_x - x, to_y - y);
        if dx.abs() + dy.abs() >= STEP {
            let between = if first || dx < 0 { "" } else { " " };
            write!(path, "{between}{dx}{}{dy}", if dy < 0 { "" } else { " " })?;
            (x, y, first) = (to_x, to_y, false);
        }
    }
    path.push('z');
    Ok(())
}
