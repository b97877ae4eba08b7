//! Reading `TopoJSON`: shared borders as arcs, shapes as rings of arcs.

use anyhow::{Context, Result};
use serde_json::Value;

/// A point: longitude and latitude in degrees.
pub(super) type Point = (f64, f64);

/// The arcs of a file, in degrees.
pub(super) struct Topology(Vec<Vec<Point>>);

impl Topology {
    /// Undoes the quantisation and the differences that arcs are written with.
    pub(super) fn of(file: &Value) -> Result<Self> {
        let pair = |name: &str| -> Result<Point> { point(&file["transform"][name]) };
        let (scale, translate) = (pair("scale")?, pair("translate")?);
        let arcs = file["arcs"].as_array().context("a topology has arcs")?;
        let arc = |arc: &Value| -> Result<Vec<Point>> {
            let (mut x, mut y) = (0.0, 0.0);
            arc.as_array()
                .context("an arc is a list")?
                .iter()
                .map(|step| {
                    let (dx, dy) = point(step)?;
                    (x, y) = (x + dx, y + dy);
                    Ok((x * scale.0 + translate.0, y * scale.1 + translate.1))
                })
                .collect()
        };
        Ok(Self(arcs.iter().map(arc).collect::<Result<_>>()?))
    }

    /// The outer ring of every polygon in a geometry.
    pub(super) fn outlines(&self, geometry: &Value) -> Result<Vec<Vec<Point>>> {
        let arcs = &geometry["arcs"];
        let lists = match geometry["type"].as_str() {
            Some("Polygon") => vec![&arcs[0]],
            Some("MultiPolygon") => arcs.as_array().into_iter().flatten().map(|polygon| &polygon[0]).collect(),
            Some("GeometryCollection") => {
                let parts = geometry["geometries"].as_array().into_iter().flatten();
                return Ok(parts.map(|part| self.outlines(part)).collect::<Result<Vec<_>>>()?.concat());
            }
            _ => Vec::new(),
        };
        lists.into_iter().map(|ring| self.ring(ring)).collect()
    }

    fn ring(&self, arcs: &Value) -> Result<Vec<Point>> {
        let mut ring: Vec<Point> = Vec::new();
        for arc in arcs.as_array().context("a ring is a list of arcs")? {
            let number = arc.as_i64().context("an arc has a number")?;
            // A negative number is the arc walked backwards: the bits of the number turned round.
            let index = usize::try_from(if number < 0 { !number } else { number })?;
            let mut points = self.0.get(index).context("a ring names an arc that is not there")?.clone();
            if number < 0 {
                points.reverse();
            }
            // An arc begins where the one before it ended.
            ring.extend(points.into_iter().skip(usize::from(!ring.is_empty())));
        }
        Ok(unwrapped(ring))
    }
}

fn point(value: &Value) -> Result<Point> {
    Ok((value[0].as_f64().context("a number")?, value[1].as_f64().context("a number")?))
}

/// The ring without leaps from one edge of the map to the other: what crosses the 180th meridian goes on beyond it.
fn unwrapped(ring: Vec<Point>) -> Vec<Point> {
    let mut last = ring.first().map_or(0.0, |first| first.0);
    let near = |(mut x, y): Point| {
        while x - last > 180.0 {
            x -= 360.0;
        }
        while last - x > 180.0 {
            x += 360.0;
        }
        last = x;
        (x, y)
    };
    ring.into_iter().map(near).collect()
}

/// Twice the area of a ring, in square degrees, and its middle.
pub(super) fn area_and_middle(ring: &[Point]) -> (f64, Point) {
    let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
    for pair in ring.windows(2) {
        let cross = pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1;
        area += cross;
        x += (pair[0].0 + pair[1].0) * cross;
        y += (pair[0].1 + pair[1].1) * cross;
    }
    let middle = x / (3.0 * area);
    (area.abs(), ((middle + 540.0).rem_euclid(360.0) - 180.0, y / (3.0 * area)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Topology, area_and_middle, unwrapped};

    #[test]
    fn what_crosses_the_edge_of_the_map_stays_in_one_piece() {
        let ring = unwrapped(vec![(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]);
        assert_eq!(ring[1], (190.0, 0.0));
        assert_eq!(area_and_middle(&ring), (400.0, (-180.0, 5.0)));
    }

    #[test]
    fn arcs_are_joined_to_rings_forwards_and_backwards() {
        let file = json!({
            "transform": { "scale": [2.0, 1.0], "translate": [-1.0, 0.0] },
            "arcs": [[[0, 0], [1, 0], [0, 2]], [[0, 0], [0, 2], [1, 0]]],
        });
        let square = json!({ "type": "Polygon", "arcs": [[0, -2]] });
        let rings = Topology::of(&file).unwrap().outlines(&square).unwrap();
        assert_eq!(rings, [vec![(-1.0, 0.0), (1.0, 0.0), (1.0, 2.0), (-1.0, 2.0), (-1.0, 0.0)]]);
        assert_eq!(area_and_middle(&rings[0]), (8.0, (0.0, 1.0)));
    }
}
